// Keeps the datasets that are collected, and what is remembered of them; of
// those that are gone too for a while, since that may be a slip: a quarter of
// an hour, or two and a half listings of their project if that is longer.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/memory.h"
#include "collect/project.h"
#include "model/reading.h"

namespace exporter {

// Not safe for concurrent use.
class Roster {
 public:
  using Projects = std::map<std::string, std::shared_ptr<ProjectState>>;

  // REQUIRES: every dataset's project is among `projects`.
  void Replace(std::shared_ptr<const Catalogue> catalogue,
               const Projects& projects, SteadyTime now);

  [[nodiscard]] const std::shared_ptr<const Catalogue>& catalogue() const {
    return catalogue_;
  }
  // `dataset`: an index into the catalogue.
  [[nodiscard]] const std::shared_ptr<Entry>& At(std::size_t dataset) const {
    return entries_.at(dataset);
  }
  // Beside the catalogue.
  [[nodiscard]] const std::vector<std::shared_ptr<Entry>>& entries() const {
    return entries_;
  }

  // Whether any but `asked`, which may be null, IsFreshProbe for the
  // credentials of `admission`.
  [[nodiscard]] bool HasAnotherProbe(const Admission& admission,
                                     const Entry* asked) const;

  [[nodiscard]] Overview Look(const MemoryLimits& limits, SteadyTime now) const;

 private:
  struct Departed {
    std::shared_ptr<Entry> entry;
    SteadyTime forget_at;
  };
  void Depart(const std::map<DatasetKey, std::shared_ptr<Entry>>& gone,
              SteadyTime now);
  std::shared_ptr<Entry> ComeBack(const DatasetKey& dataset);

  std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();
  std::vector<std::shared_ptr<Entry>> entries_;
  std::map<DatasetKey, Departed> departed_;
};

}  // namespace exporter
