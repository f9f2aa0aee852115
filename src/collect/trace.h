// Writes down what happens to queries while somebody listens. Where nobody
// does, which is nearly always, no line is made.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/time_format.h"
#include "model/dataset.h"

namespace exporter {

// What happened to a query, line by line, for a person who looks for a fault.
using Trace = std::vector<std::string>;

// Not safe for concurrent use.
class Traces {
 public:
  // `clock` must outlive this object.
  explicit Traces(const Clock& clock) : clock_(clock) {}

  // Until End(`listener`), what is told of `dataset` is added to `trace`.
  void Listen(std::uint64_t listener, DatasetKey dataset,
              std::shared_ptr<Trace> trace) {
    listeners_[listener] = {std::move(dataset), std::move(trace)};
  }
  void End(std::uint64_t listener) { listeners_.erase(listener); }

  // REQUIRES: `listener` listens.
  void TellOne(std::uint64_t listener, const std::string& line) const {
    Add(*listeners_.at(listener).second, line);
  }

  // `line` makes the line; the time is put before it.
  template <typename Line>
  void Tell(const DatasetKey& dataset, const Line& line) const {
    for (const auto& [id, listener] : listeners_) {
      if (listener.first == dataset) Add(*listener.second, line());
    }
  }

  // Of all datasets of a project.
  template <typename Line>
  void TellProject(const std::string& project_id, const Line& line) const {
    for (const auto& [id, listener] : listeners_) {
      if (listener.first.project_id == project_id) {
        Add(*listener.second, line());
      }
    }
  }

 private:
  void Add(Trace& trace, const std::string& line) const {
    trace.push_back(FormatRfc3339(clock_.WallNow()) + " " + line);
  }

  const Clock& clock_;
  std::map<std::uint64_t, std::pair<DatasetKey, std::shared_ptr<Trace>>>
      listeners_;
};

}  // namespace exporter
