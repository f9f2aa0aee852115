// The faults' bodies and headers; faults.cc has their names and rules.

#include <zlib.h>

#include "base/time_format.h"
#include "error_bodies.h"
#include "faults.h"
#include "server_clock.h"

namespace simulator {

const char kFaultHelp[] =
    "Faults: none; hang, close, reset, cut, drip, drip-headers (a byte a "
    "second), slow[:2s], huge[:2M], endless, malformed, html, gzip-bomb, "
    "bad-utf8, deep, redirect, unpublished, flaky[:1] (500 so often, then "
    "fine), 429[:RETRY-AFTER], 429-date[:1], 429-message, or another status "
    "from 300 to 599.\n"
    "MATCH: a pattern with * and ? on the dataset's id or PROJECT/ID; every:N "
    "for each Nth dataset; operation:token, :list, :metadata, :pod. The last "
    "rule that matches wins.";

namespace {

constexpr std::string_view kOpenText = R"({"status":"RUNNING","error_msg":")";
constexpr std::string_view kCloseText = R"("})";

std::string MakeBomb() {
  constexpr int kMebibytes = 64;
  constexpr std::size_t kMebibyte = 1'048'576;
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9,
               Z_DEFAULT_STRATEGY);
  std::string packed(kMebibyte, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const auto feed = [&stream](std::string text, int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    deflate(&stream, flush);
  };
  feed(std::string(kOpenText), Z_NO_FLUSH);
  for (int i = 0; i < kMebibytes; ++i) {
    feed(std::string(kMebibyte, 'x'), Z_NO_FLUSH);
  }
  feed(std::string(kCloseText), Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void AnswerStatus(const Fault& fault, Reply& reply) {
  reply.StartOver();
  switch (fault.status) {
    case 401:
      ModelArtsError(reply, 401, "ModelArts.0202", "Invalid token.");
      break;
    case 403:
      ModelArtsError(reply, 403, "ModelArts.4336", "No permission.");
      break;
    case 404:
      ModelArtsError(reply, 404, "ModelArts.6623", "Dataset does not exist.");
      break;
    case 429:
      ModelArtsError(reply, 429, "ModelArts.4395", "Too many requests.");
      if (fault.delay.count() > 0) {
        reply.AddHeader("Retry-After",
                        std::to_string(fault.delay.count() / 1000));
      }
      break;
    case 502:
    case 503:
    case 504:
      HtmlError(reply, fault.status);
      break;
    default:
      GatewayError(reply, fault.status, "APIG.0601", "Internal server error");
      break;
  }
}

void AnswerFiller(std::uint64_t size, Reply& reply) {
  reply.StartOver();
  reply.body = kOpenText;
  reply.tail = kCloseText;
  const std::size_t frame = kOpenText.size() + kCloseText.size();
  reply.filler = size == Reply::kEndless || size < frame ? size : size - frame;
}

}  // namespace

void Disturb(const Fault& fault, std::uint64_t nth, std::string_view host,
             Reply& reply) {
  switch (fault.kind) {
    case Fault::Kind::kNone:
      break;
    case Fault::Kind::kManner:
      reply.manner = fault.manner;
      break;
    case Fault::Kind::kSlow:
      reply.delay += fault.delay;
      break;
    case Fault::Kind::kFiller:
      AnswerFiller(fault.size, reply);
      break;
    case Fault::Kind::kMalformed:
      reply.StartOver();
      reply.body = R"({"status":"RUNNING","total_sample_count":})";
      break;
    case Fault::Kind::kHtml:
      HtmlError(reply, 200);
      break;
    case Fault::Kind::kGzipBomb: {
      static const std::string bomb = MakeBomb();
      reply.StartOver();
      reply.AddHeader("Content-Encoding", "gzip");
      reply.body = bomb;
      break;
    }
    case Fault::Kind::kBadUtf8:
      reply.StartOver();
      reply.body = "{\"status\":\"FAILED\",\"error_msg\":\"\xC3\x28\xFF\"}";
      break;
    case Fault::Kind::kDeep: {
      constexpr std::size_t kLevels = 10'000;
      reply.StartOver();
      reply.body = R"({"status":"RUNNING","extra":)" +
                   std::string(kLevels, '[') + std::string(kLevels, ']') + "}";
      break;
    }
    case Fault::Kind::kRedirect:
      reply.StartOver();
      reply.status = 302;
      reply.AddHeader("Location",
                      "http://" + std::string(host) + "/simulator/trap");
      break;
    case Fault::Kind::kStatus:
      AnswerStatus(fault, reply);
      break;
    case Fault::Kind::kThrottledByMessage:
      ThrottledError(reply, "200", "5 minute");
      break;
    case Fault::Kind::kThrottledByDate:
      AnswerStatus({.status = 429}, reply);
      reply.AddHeader("Retry-After",
                      exporter::FormatHttpDate(ServerClock(fault.delay).Now()));
      break;
    case Fault::Kind::kUnpublished:
      UnpublishedError(reply);
      break;
    case Fault::Kind::kFlaky:
      if (nth <= fault.size) AnswerStatus({.status = 500}, reply);
      break;
  }
}

}  // namespace simulator
