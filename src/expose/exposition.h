#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/body_source.h"
#include "base/clock.h"
#include "expose/label_table.h"
#include "expose/negotiation.h"
#include "model/reading.h"
#include "model/sync_status.h"

namespace exporter {

// Turns what a collection says into the body of an answer.
//
// Safe for concurrent use.
class Exposition {
 public:
  // `strict_stateset`: the label of the state is named like its metric, as an
  // OpenMetrics StateSet wants it (--metrics.strict-stateset). `started`: since
  // when the program counts what is its own, for formats that say it.
  // `created_samples`: OpenMetrics 1.0 says it, too, as "…_created".
  explicit Exposition(bool strict_stateset,
                      std::optional<WallTime> started = std::nullopt,
                      bool created_samples = false);

  // The families of families.h in their order, their samples in the order of
  // the readings, then `own`, then what ends an exposition. A family without
  // samples is left out.
  //  - An absent value gives no sample.
  //  - A reading that failed gives its info and query families alone.
  // The labels of a catalogue are rendered when it is first seen and kept until
  // another one comes; beyond that a piece is the only memory taken.
  // REQUIRES: this object outlives the source; each reading's dataset is one of
  // collection->catalogue.
  [[nodiscard]] BodySource Write(
      std::shared_ptr<const Collection> collection, Format format,
      std::vector<prometheus::MetricFamily> own = {}) const;

 private:
  class Sheet;

  // What follows the identity in a line of the status family, by the state and
  // whether it is the current one: `,status="RUNNING"} 1`.
  using StateEndings =
      std::array<std::array<std::string, 2>, kAllSyncStates.size()>;

  [[nodiscard]] std::shared_ptr<const LabelTable> LabelsOf(
      const std::shared_ptr<const Catalogue>& catalogue) const;

  const bool strict_stateset_;
  const std::optional<WallTime> started_;
  const bool created_samples_;
  const StateEndings state_endings_;

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const LabelTable> labels_;  // Of the last catalogue.
};

}  // namespace exporter
