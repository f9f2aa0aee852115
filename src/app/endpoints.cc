#include "app/endpoints.h"

#include <string>
#include <utility>

#include "app/address.h"
#include "app/budget.h"
#include "base/time_format.h"
#include "base/version.h"
#include "cloud/text.h"
#include "expose/negotiation.h"
#include "pages/datasets_json.h"
#include "pages/service_discovery.h"
#include "pages/status_page.h"

namespace exporter {
namespace {

ScrapeOrder OrderOf(const EndpointContext& context,
                    const ServeRequest& request) {
  const SteadyTime now = context.clock.SteadyNow();
  return {.began = now,
          .deadline =
              now + ScrapeBudget(
                        request.Header("X-Prometheus-Scrape-Timeout-Seconds"),
                        context.config()->scrape)};
}

// `own`: null for none of them. `exposition` must outlive the response.
ServeResponse Exposed(const Exposition& exposition, Format format,
                      std::shared_ptr<const Collection> collection,
                      const OwnMetrics* own) {
  return {.content_type = std::string(ContentType(format)),
          .headers = {{"Vary", "Accept"}},
          .rest = exposition.Write(
              std::move(collection), format,
              own != nullptr ? own->Collect()
                             : std::vector<prometheus::MetricFamily>())};
}

void Metrics(const EndpointContext& context, const ServeRequest& request,
             Route::Then then) {
  ScrapeOrder order = OrderOf(context, request);
  const auto* own =
      context.flags.disable_exporter_metrics ? nullptr : &context.own_metrics;
  order.done = [&exposition = context.exposition, own,
                format = NegotiateFormat(request.Header("Accept")),
                then = std::move(then)](Collection collected) {
    then([&exposition, own, format,
          collection = std::make_shared<Collection>(std::move(collected))] {
      return Exposed(exposition, format, collection, own);
    });
  };
  context.collector.Collect(std::move(order));
}

std::string Told(const Error& error) {
  return "failed: " + std::string(ToLabel(error.kind)) + ": " + error.message +
         "\n";
}

std::string Told(const Trace& trace, const Collection& collection) {
  std::string text;
  for (const std::string& line : trace) text += line + "\n";
  if (trace.empty()) text += "not asked: see below\n";
  for (const Reading& reading : collection.readings) {
    if (reading.failure) {
      text += Told(*reading.failure);
      continue;
    }
    if (reading.bridged) {
      text += Told(*reading.bridged) + "max_stale lets the answer of " +
              FormatRfc3339(*reading.fetched) + " count\n";
    }
    text += "status: " + std::string(ToLabel(reading.status->state)) + "\n";
  }
  return text;
}

// Of a dataset that is not in the catalogue.
ServeResponse UnknownDataset(Collector& collector,
                             std::string_view project_id) {
  // Not known to be none, until its project was listed.
  const auto never_listed = collector.NeverListed();
  const auto why = never_listed.find(std::string(project_id));
  return why == never_listed.end()
             ? StatusResponse(404, "neither configured nor discovered")
             : StatusResponse(503, why->second);
}

void Probe(const EndpointContext& context, const ServeRequest& request,
           const Route::Then& then) {
  const auto refuse = [&then](const std::string& why) {
    then([why] { return StatusResponse(400, why); });
  };
  if (const auto name = request.RepeatedParameter()) {
    return refuse(ToCode(*name) + " is given twice");
  }
  const DatasetKey key{request.Parameter("project_id"),
                       std::string(request.Parameter("dataset_id"))};
  if (key.project_id.empty() || key.dataset_id.empty()) {
    return refuse("project_id and dataset_id are needed");
  }
  ScrapeOrder order = OrderOf(context, request);
  order.only = key;
  if (request.Parameter("debug") == "true") {
    order.trace = std::make_shared<Trace>();
  }
  order.done = [&collector = context.collector,
                &exposition = context.exposition,
                format = NegotiateFormat(request.Header("Accept")),
                project_id = key.project_id, trace = order.trace,
                then](Collection collected) {
    then([&collector, &exposition, format, project_id, trace,
          collection = std::make_shared<Collection>(
              std::move(collected))]() -> ServeResponse {
      if (collection->readings.empty()) {
        return UnknownDataset(collector, project_id);
      }
      if (trace) return {.body = Told(*trace, *collection)};
      return Exposed(exposition, format, collection, nullptr);
    });
  };
  context.collector.Collect(std::move(order));
}

std::shared_ptr<const Overview> Seen(const EndpointContext& context) {
  return std::make_shared<const Overview>(context.collector.Look());
}

ServeResponse StatusPage(const EndpointContext& context) {
  PageContext page;
  page.version = Version();
  page.revision = Revision();
  page.telemetry_path = context.flags.telemetry_path;
  page.now = context.clock.WallNow();
  page.started = context.started;
  page.shard = context.flags.shard;
  return {.content_type = kHtmlContentType,
          .headers = StatusPageHeaders(),
          .rest = RenderStatusPage(Seen(context), page)};
}

ServeResponse ServiceDiscovery(const EndpointContext& context,
                               const ServeRequest& request) {
  // Without the missing ones Prometheus would drop their targets; after an
  // error it keeps what it had.
  std::string why;
  for (const auto& [project_id, line] : context.collector.NeverListed()) {
    if (!why.empty()) why += "; ";
    why += line;
  }
  if (!why.empty()) return StatusResponse(503, why);
  std::optional<BodySource> groups =
      RenderServiceDiscovery(context.collector.CurrentCatalogue(),
                             ProbeAddressFor(context.flags, request));
  if (!groups) return StatusResponse(400, "the Host header is no host");
  return {.content_type = kJsonContentType, .rest = std::move(*groups)};
}

ServeResponse Reload(const EndpointContext& context) {
  const std::vector<Fault> faults = context.reload();
  if (faults.empty()) return {.body = "Reloaded.\n"};
  ServeResponse response{.status = 500,
                         .body =
                             "The configuration was refused; the old one "
                             "goes on.\n"};
  for (const Fault& fault : faults) response.body += ToString(fault) + "\n";
  return response;
}

}  // namespace

std::vector<Route> MakeRoutes(const EndpointContext& context) {
  using Request = ServeRequest;
  const auto lifecycle = [context](auto what) {
    return [context, what](const Request&) {
      return context.flags.enable_lifecycle
                 ? what(context)
                 : StatusResponse(403, "--web.enable-lifecycle is off");
    };
  };
  std::vector<Route> routes = {
      {.path = context.flags.telemetry_path,
       .methods = {"GET"},
       .handler_label = "metrics",
       .scrape =
           [context](const Request& r, Route::Then then) {
             Metrics(context, r, std::move(then));
           }},
      {.path = "/probe",
       .methods = {"GET"},
       .handler_label = "probe",
       .scrape = [context](
                     const Request& r,
                     const Route::Then& then) { Probe(context, r, then); }},
      {.path = "/sd",
       .methods = {"GET"},
       .handler_label = "sd",
       .handle =
           [context](const Request& r) {
             return ServiceDiscovery(context, r);
           }},
      {.path = "/api/v1/datasets",
       .methods = {"GET"},
       .handler_label = "datasets",
       .handle =
           [context](const Request&) {
             return ServeResponse{.content_type = kJsonContentType,
                                  .rest = RenderDatasetsJson(Seen(context))};
           }},
      {.path = "/config",
       .methods = {"GET"},
       .handler_label = "config",
       .handle =
           [context](const Request&) {
             return ServeResponse{.body = context.config()->shown};
           }},
      {.path = "/-/healthy",
       .methods = {"GET"},
       .handler_label = "healthy",
       .open = true,
       .handle = [](const Request&) { return StatusResponse(200); }},
      {.path = "/-/ready",
       .methods = {"GET"},
       .handler_label = "ready",
       .open = true,
       .handle =
           [context](const Request&) {
             return context.collector.IsReady()
                        ? StatusResponse(200)
                        : StatusResponse(503, "the first listing is under way");
           }},
      {.path = "/-/reload",
       .methods = {"POST"},
       .handler_label = "reload",
       .handle = lifecycle([](const EndpointContext& c) { return Reload(c); })},
      {.path = "/-/quit",
       .methods = {"POST"},
       .handler_label = "quit",
       .handle = lifecycle([](const EndpointContext& c) {
         c.quit();
         return ServeResponse{.body = "Draining.\n"};
       })}};
  if (context.flags.telemetry_path != "/") {
    routes.push_back(
        {.path = "/",
         .methods = {"GET"},
         .handler_label = "index",
         .handle = [context](const Request&) { return StatusPage(context); }});
  }
  AddPrefix(context.flags, routes);
  return routes;
}

}  // namespace exporter
