#include "raw_reply.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace simulator {
namespace {

constexpr std::size_t kFillerChunk = 65'536;
constexpr std::chrono::seconds kDripEvery(1);

exporter::Deadline In(std::chrono::milliseconds delay) {
  return exporter::SystemClock().SteadyNow() + delay;
}

}  // namespace

bool RawReply::Suits(const Reply& reply) {
  return reply.manner != Manner::kWhole || reply.delay > reply.delay.zero() ||
         reply.filler > 0 || !reply.tail.empty();
}

RawReply::~RawReply() {
  if (reply_.when_over) reply_.when_over();
}

exporter::Task<bool> RawReply::Give(exporter::Session& session) {
  if (!co_await session.Stay(In(reply_.delay))) co_return false;
  const Manner manner = reply_.manner;
  if (manner == Manner::kHang) co_await session.Stay(exporter::Deadline::max());
  if (manner == Manner::kReset) session.Cut();
  if (manner == Manner::kHang || manner == Manner::kReset ||
      manner == Manner::kClose) {
    co_return false;
  }

  std::optional<std::uint64_t> size;
  if (reply_.filler != Reply::kEndless) {
    size = reply_.body.size() + reply_.filler + reply_.tail.size();
  }
  std::string bytes = session.Head(reply_, size);
  const std::size_t head = bytes.size();
  if (with_body_) {
    const std::size_t most = reply_.body.size();
    bytes.append(reply_.body, 0, manner == Manner::kCut ? most / 2 : most);
  }
  if (manner == Manner::kDrip || manner == Manner::kDripHeaders) {
    const std::size_t at_once = manner == Manner::kDrip ? head + 1 : 1;
    co_return co_await Drip(session, std::move(bytes), at_once);
  }
  if (!co_await session.Send(bytes)) co_return false;
  if (!with_body_) co_return true;
  if (manner == Manner::kCut) co_return false;
  if (reply_.filler > 0 && !co_await Fill(session)) co_return false;
  if (reply_.tail.empty()) co_return true;
  co_return co_await session.Send(reply_.tail);
}

// The first `at_once` bytes, and then one a second.
exporter::Task<bool> RawReply::Drip(exporter::Session& session,
                                    std::string bytes,
                                    std::size_t at_once) const {
  std::string_view rest = bytes;
  for (std::size_t now = at_once;; now = 1) {
    if (!co_await session.Send(rest.substr(0, now))) co_return false;
    rest.remove_prefix(std::min(now, rest.size()));
    if (rest.empty()) co_return true;
    if (!co_await session.Stay(In(kDripEvery))) co_return false;
  }
}

exporter::Task<bool> RawReply::Fill(exporter::Session& session) const {
  static const std::string kChunk(kFillerChunk, 'x');
  for (std::uint64_t left = reply_.filler; left > 0;) {
    const auto piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk.size()));
    if (!co_await session.Send(std::string_view(kChunk).substr(0, piece))) {
      co_return false;
    }
    if (left != Reply::kEndless) left -= piece;
  }
  co_return true;
}

}  // namespace simulator
