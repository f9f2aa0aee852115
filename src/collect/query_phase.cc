#include "collect/query_phase.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace exporter {
namespace {

using Phase = QueryPhase::Phase;

constexpr struct {
  Phase from;
  Phase to;
} kMoves[] = {
    {Phase::kIdle, Phase::kQueued},     // A scrape wants it.
    {Phase::kQueued, Phase::kAsked},    // It is its turn.
    {Phase::kQueued, Phase::kIdle},     // It failed without being asked.
    {Phase::kAsked, Phase::kIdle},      // The answer came, or it was given up.
    {Phase::kAsked, Phase::kQueued},    // It is asked again in its turn.
    {Phase::kAsked, Phase::kResting},   // It is asked again after a rest.
    {Phase::kResting, Phase::kQueued},  // It has rested.
    {Phase::kResting, Phase::kIdle},    // Nobody waits any longer.
};

}  // namespace

void QueryPhase::MoveTo(Phase to) {
  const bool is_a_move = std::any_of(
      std::begin(kMoves), std::end(kMoves),
      [&](const auto& move) { return move.from == now_ && move.to == to; });
  if (!is_a_move) throw std::logic_error("a query made a move that is none");
  now_ = to;
}

}  // namespace exporter
