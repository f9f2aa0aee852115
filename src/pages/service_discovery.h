// Answers Prometheus HTTP service discovery:
// https://prometheus.io/docs/prometheus/latest/http_sd/

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/body_source.h"
#include "model/dataset.h"

namespace exporter {

// Where Prometheus reaches this exporter.
struct ProbeAddress {
  std::string host;             // "exporter:10877"
  std::string scheme{};         // "https"; empty: as the scrape_config says.
  std::string path = "/probe";  // With all that stands in front of it.
};

// The answer to /sd: a target group for each dataset, so that Prometheus asks
// for each of them at /probe, at its own pace.
//
// It works as it is, without a rule for relabelling:
//   targets           the host of `address`
//   __scheme__, __metrics_path__             the rest of it; no scheme if empty
//   __param_project_id, __param_dataset_id   its parameters
//   instance          project_id/dataset_id: the address, which Prometheus
//   would
//                     take, is the same for all of them
// For rules that choose or rename there are
//   __meta_modelarts_project_id, _dataset_id, _name, _region, _type
//                     always; empty, which is absent to Prometheus, if unknown
//   __meta_modelarts_label_<label>           for each configured label
//
// None when the host, which may be a request's Host header, is no host with or
// without a port: nothing else may become a target.
std::optional<BodySource> RenderServiceDiscovery(
    std::shared_ptr<const Catalogue> catalogue, ProbeAddress address);

}  // namespace exporter
