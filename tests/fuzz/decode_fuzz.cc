// The body of a reply comes from the cloud, or from whoever says to be it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/error_reply.h"
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

// A field as nlohmann's own tree has it.
std::optional<std::int64_t> IntegerOf(const Json& tree, const char* field) {
  const auto found = tree.find(field);
  if (found == tree.end() || found->is_null()) return std::nullopt;
  Require(found->is_number_integer());
  return found->get<std::int64_t>();
}

void ReadStatus(std::string_view body) {
  const auto status = DecodeSyncStatus(body, DurationUnit::kSeconds);
  const auto same = DecodeSyncStatus(body, DurationUnit::kMilliseconds);
  Require(status.has_value() == same.has_value());
  if (!status) {
    Require(status.error().kind == ErrorKind::kMalformed);
    Require(IsOneLine(status.error().message));
    return;
  }
  const Json tree = Json::parse(body);
  Require(tree.is_object() && tree.at("status").is_string());
  const auto word = tree.at("status").get<std::string>();
  Require(status->state == ParseSyncState(word));
  Require(status->total_samples == IntegerOf(tree, "total_sample_count"));
  Require(status->added_samples == IntegerOf(tree, "add_sample_count"));
  Require(status->deleted_samples == IntegerOf(tree, "deleted_sample_count"));
  Require(status->created.has_value() ==
          IntegerOf(tree, "create_time").has_value());
  Require(!status->runtime || status->runtime->count() >= 0);
  Require(IsCode(status->error_code));
  Require(status->error_text.size() <= 512 && IsUtf8(status->error_text));
  Require(status->task_id.size() <= 256 && IsUtf8(status->task_id));
  Require(status->unknown_word.size() <= 64 && IsUtf8(status->unknown_word));
}

void ReadList(std::string_view body) {
  const auto page = DecodeDatasetList(body);
  if (!page) {
    Require(page.error().kind == ErrorKind::kMalformed);
    Require(IsOneLine(page.error().message));
    return;
  }
  const Json tree = Json::parse(body);
  const Json& listed = tree.at("datasets");
  Require(page->datasets.size() == (listed.is_null() ? 0 : listed.size()));
  for (const ListedDataset& dataset : page->datasets) {
    Require(!dataset.id.empty() && IsUtf8(dataset.id));
    Require(IsUtf8(dataset.name) && IsUtf8(dataset.type));
  }
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
  exporter::ReadStatus(body);
  exporter::ReadList(body);
  exporter::ReadError(body);
  return 0;
}
