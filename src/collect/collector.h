// The front of collect: takes orders from any thread, has the loop's thread do
// them, and waits for the answer until the deadline and never longer.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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

  // Ends the loop. Whoever waits gets an answer at once; nobody may ask any
  // longer, or gets a std::future_error.
  void Stop();

  // New settings for all that begins from now on. What is remembered of
  // datasets that stay, connections and pauses are kept. `make` is called on
  // the loop's thread: credentials that are kept belong to it.
  void Apply(const std::function<CollectorSettings()>& make);

  // All datasets of this shard, within `budget`.
  Collection Collect(SteadyDuration budget);

  // One dataset; none if it is not in the catalogue. With `trace`, what
  // happened is written there.
  std::optional<Collection> CollectOne(const DatasetKey& dataset,
                                       SteadyDuration budget,
                                       Trace* trace = nullptr);

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
  void Publish();  // REQUIRES: mutex_ is held, or nobody else is there.
  void Post(Job job);
  template <typename T>
  T Await(std::function<T(CloudLoop&)> question);
  Collection Order(std::shared_ptr<const Catalogue> catalogue,
                   const std::optional<DatasetKey>& only, SteadyDuration budget,
                   Trace* trace);

  const Clock& clock_;
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
