#include "pages/service_discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "pages/rows.h"

namespace exporter {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMeta = "__meta_modelarts_";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNameCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '-' || c == '.' || c == '_';
}

bool IsAddressCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
         c == ':' || c == '.';
}

// A name or an address, without a port.
bool IsHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), IsAddressCharacter);
  }
  return !host.empty() && host.size() <= 253 &&
         std::all_of(host.begin(), host.end(), IsNameCharacter);
}

bool IsHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.back() == ']') {
    return IsHost(text);
  }
  const std::string_view port = text.substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), IsDigit) &&
         IsHost(text.substr(0, colon));
}

Json Labels(const Dataset& dataset, const ProbeAddress& address) {
  const auto& [project_id, dataset_id] = dataset.key;
  const std::string meta(kMeta);
  const std::string label_prefix = meta + "label_";
  Json labels;
  if (!address.scheme.empty()) labels["__scheme__"] = address.scheme;
  labels["__metrics_path__"] = address.path;
  labels["__param_project_id"] = project_id;
  labels["__param_dataset_id"] = dataset_id;
  labels["instance"] = ToString(dataset.key);
  labels[meta + "project_id"] = project_id;
  labels[meta + "dataset_id"] = dataset_id;
  labels[meta + "name"] = dataset.name;
  labels[meta + "region"] = dataset.region;
  labels[meta + "type"] = dataset.type;
  for (const auto& [name, value] : dataset.labels) {
    labels[std::string(label_prefix).append(name)] = value;
  }
  return labels;
}

}  // namespace

std::optional<BodySource> RenderServiceDiscovery(
    std::shared_ptr<const Catalogue> catalogue, ProbeAddress address) {
  if (!IsHostPort(address.host)) return std::nullopt;
  const std::size_t count = catalogue->datasets.size();
  auto append = [catalogue = std::move(catalogue),
                 address = std::move(address)](std::string& out,
                                               std::size_t i) {
    out += i > 0 ? ",\n" : "\n";
    out += Json({{"targets", {address.host}},
                 {"labels", Labels(catalogue->datasets[i], address)}})
               .dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  return MakeRows("[", count, std::move(append), "\n]\n");
}

}  // namespace exporter
