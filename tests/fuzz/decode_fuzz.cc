// The body of a reply comes from the cloud, or from whoever says to be it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/error_reply.h"
#include "cloud/mended_json.h"
#include "modelarts/decode.h"
#include "require.h"

namespace exporter {
namespace {

using Json = nlohmann::json;

bool IsCode(std::string_view text) {
  return text.size() <= 128 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

Json TreeOf(std::string_view body) {
  const Json tree = Json::parse(body, nullptr, false);
  return tree.is_discarded() ? Json::parse(MendedJson(body)) : tree;
}

// A field as nlohmann's own tree has it, floats aside.
void RequireCount(const Json& tree, const char* field,
                  std::optional<std::int64_t> read) {
  Require(!read || *read >= 0);
  const auto found = tree.find(field);
  if (found == tree.end() || !found->is_number()) return Require(!read);
  if (found->is_number_float()) return;
  if (found->is_number_unsigned() &&
      found->get<std::uint64_t>() >= std::uint64_t{INT64_MAX}) {
    return Require(!read);
  }
  const auto value = found->get<std::int64_t>();
  Require(read == (value < 0 ? std::nullopt : std::optional(value)));
}

void RequireKnown(const OddField& odd) {
  Require(std::ranges::find(kReadFields, odd.field) != kReadFields.end());
  Require(!odd.what.empty() && IsUtf8(odd.dataset_id));
}

void ReadStatus(std::string_view body) {
  const auto reply = DecodeSyncStatus(body, DurationUnit::kSeconds);
  const auto same = DecodeSyncStatus(body, DurationUnit::kMilliseconds);
  Require(reply.has_value() == same.has_value());
  if (!reply) {
    Require(reply.error().kind == ErrorKind::kMalformed);
    Require(IsOneLine(reply.error().message));
    return;
  }
  const SyncStatus& status = reply->status;
  const Json tree = TreeOf(body);
  Require(tree.is_object() && tree.at("status").is_string());
  const auto word = tree.at("status").get<std::string>();
  Require(status.state == ParseSyncState(word));
  RequireCount(tree, "total_sample_count", status.total_samples);
  RequireCount(tree, "add_sample_count", status.added_samples);
  RequireCount(tree, "deleted_sample_count", status.deleted_samples);
  Require(!status.created || *status.created > WallTime());
  Require(!status.runtime || status.runtime->count() >= 0);
  Require(IsCode(status.error_code));
  Require(status.error_text.size() <= 512 && IsUtf8(status.error_text));
  Require(status.task_id.size() <= 256 && IsUtf8(status.task_id));
  Require(status.unknown_word.size() <= 64 && IsUtf8(status.unknown_word));
  for (const OddField& odd : reply->odd) RequireKnown(odd);
}

void ReadList(std::string_view body) {
  const auto page = DecodeDatasetList(body);
  if (!page) {
    Require(page.error().kind == ErrorKind::kMalformed);
    Require(IsOneLine(page.error().message));
    return;
  }
  const Json tree = TreeOf(body);
  const Json& listed = tree.at("datasets");
  Require(page->datasets.size() + page->skipped ==
          (listed.is_null() ? 0 : listed.size()));
  for (const ListedDataset& dataset : page->datasets) {
    Require(!dataset.id.empty() && IsUtf8(dataset.id));
    Require(IsUtf8(dataset.name) && IsUtf8(dataset.type));
  }
  for (const OddField& odd : page->odd) RequireKnown(odd);
}

// Mended or not, it is no JSON or the same one, and nothing is left to mend.
void Mend(std::string_view body) {
  const std::string mended = MendedJson(body);
  Require(MendedJson(mended) == mended);
  // For nlohmann a NUL is the end, whatever follows.
  const bool is_whole = body.find('\0') == std::string_view::npos;
  if (is_whole && Json::accept(body)) Require(mended == body);
}

void ReadError(std::string_view body) {
  constexpr std::size_t kHeaderBytes = 32;
  const std::string_view rest =
      body.substr(std::min(body.size(), kHeaderBytes));
  const HttpReply reply{
      .status = 429,
      .headers = {{"Retry-After", std::string(body.substr(0, kHeaderBytes))},
                  {"Date", std::string(rest.substr(0, kHeaderBytes))},
                  {"X-Request-Id", std::string(body)}},
      .body = std::string(body)};
  const Error error = DecodeError(reply);
  Require(error.kind == ErrorKind::kThrottled);
  Require(error.message.size() <= 400 && IsOneLine(error.message));
  Require(IsCode(error.code) && IsCode(error.request_id));
  Require(IsUtf8(error.cloud_text));

  const auto pause = DecodeRetryAfter(reply, WallTime());
  Require(!pause || (pause->count() >= 0 && *pause <= std::chrono::hours(1)));
}

}  // namespace
}  // namespace exporter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  exporter::Mend(body);
  exporter::ReadStatus(body);
  exporter::ReadList(body);
  exporter::ReadError(body);
  return 0;
}
