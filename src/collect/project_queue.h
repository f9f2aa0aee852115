// Holds the datasets of one project that wait for their turn, whoever was asked
// longest ago first; those that were slow when they were asked last,
// stragglers, for themselves.

#pragma once

#include <memory_resource>
#include <set>
#include <tuple>
#include <vector>

#include "collect/admission.h"
#include "collect/entry.h"

namespace exporter {

// Whether asking for `entry` may tell something new of the credentials, and
// whether it tells most: as Admission's.
bool IsUntriedProbe(const Admission& admission, const Entry& entry);
bool IsFreshProbe(const Admission& admission, const Entry& entry);

// Not safe for concurrent use.
class ProjectQueue {
 public:
  void Insert(Entry& entry);
  // REQUIRES: its place, and whether it is a straggler, are as they were.
  void Erase(Entry& entry);

  [[nodiscard]] bool HasFresh() const { return !fresh_.empty(); }
  [[nodiscard]] bool HasStragglers() const { return !stragglers_.empty(); }
  [[nodiscard]] bool IsEmpty() const { return !HasFresh() && !HasStragglers(); }
  // Whether one IsUntriedProbe.
  [[nodiscard]] bool HasUntriedProbe(const Admission& admission) const;

  // All of them, the one asked longest ago first.
  [[nodiscard]] std::vector<Entry*> All() const;

  // The one that was asked longest ago, stragglers among them only if asked
  // for. REQUIRES: there is one.
  [[nodiscard]] Entry& Next(bool with_stragglers) const;

  // The one whose answer tells most of the credentials, or of the line: one
  // that was good before; else one that was never asked, from either end of the
  // queue in turn, in case those at the front are refused by themselves; else
  // one that was no probe yet; else any. REQUIRES: there is one.
  [[nodiscard]] Entry& NextProbe(const Admission& admission);

 private:
  // Two may have the same place in two catalogues.
  struct LongestUnasked {
    bool operator()(const Entry* a, const Entry* b) const {
      return std::tie(a->last_asked, a->order, a->key) <
             std::tie(b->last_asked, b->order, b->key);
    }
  };
  using Queue = std::pmr::set<Entry*, LongestUnasked>;

  // Each scrape fills and drains the queues. With nodes of their own it does
  // not leave its holes all over the heap, which ten thousand datasets feel.
  std::pmr::unsynchronized_pool_resource nodes_;
  Queue fresh_{&nodes_};
  Queue stragglers_{&nodes_};
  bool probes_the_last_ = false;
};

}  // namespace exporter
