// The front of collect: takes orders from any thread and has the loop's thread
// do them.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "collect/cloud_loop.h"
#include "collect/settings.h"
#include "model/reading.h"

namespace exporter {

// Safe for concurrent use.
class Collector {
 public:
  // Starts the loop's thread. `clock` and `registry` must outlive this object.
  Collector(const Clock& clock, prometheus::Registry& registry,
            const std::string& user_agent, CollectorSettings settings);

  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Ends the loop. What was ordered and is not done by then never is. Orders
  // that the loop has taken go with this object; those it has not go before
  // Stop returns, and those that come later at once. Whoever waits for another
  // answer, or asks for one later, gets a std::future_error.
  void Stop();

  // New settings for all that begins from now on. What is remembered of
  // datasets that stay, connections and pauses are kept. `make` is called on
  // the loop's thread: credentials that are kept belong to it.
  void Apply(const std::function<CollectorSettings()>& make);

  // Returns at once; `order.done` tells what came of it.
  void Collect(ScrapeOrder order);

  // What is remembered. Asks the cloud nothing.
  Overview Look();

  // Whether every discovery has been tried, as of the loop's last turn.
  bool IsReady();

  // CloudLoop::NeverListed, as of the loop's last turn.
  std::map<std::string, std::string> NeverListed();

  // The datasets of this shard, as of the loop's last turn.
  std::shared_ptr<const Catalogue> CurrentCatalogue();

 private:
  using Job = std::function<void(CloudLoop&)>;

  void Run();
  void Publish();  // By whom the loop belongs to.
  void Post(Job job);
  template <typename T>
  T Await(std::function<T(CloudLoop&)> question);

  CloudLoop loop_;  // Belongs to thread_, but for Wake.

  std::mutex mutex_;  // Guards what follows.
  std::vector<Job> inbox_;
  bool stopping_ = false;
  std::shared_ptr<const Catalogue> catalogue_;       // As the loop had it last.
  bool is_ready_ = false;                            // Likewise,
  std::map<std::string, std::string> never_listed_;  // and this.

  std::thread thread_;  // Last: it begins when everything else is there.
};

}  // namespace exporter
