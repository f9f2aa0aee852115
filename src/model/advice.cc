#include "model/advice.h"

#include <stdexcept>

namespace exporter {

std::string_view AdviceFor(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kConfig:
      return "Correct the configuration.";
    case ErrorKind::kTimeout:
      return "See whether the endpoint answers slowly or not at all; else "
             "raise scrape_timeout, http.timeout or scrape.concurrency.";
    case ErrorKind::kConnect:
      return "Check the endpoint's name and port, the DNS, the firewall and "
             "the proxy.";
    case ErrorKind::kTls:
      return "Check the endpoint's certificate, http.tls.ca_file and "
             "http.tls.server_name.";
    case ErrorKind::kUnauthorized:
      return "Renew the credentials, and check that they belong to this region "
             "and project and that this machine's clock is right.";
    case ErrorKind::kForbidden:
      return "Grant the right modelarts:dataset:getDataset in this project; "
             "for discovery also modelarts:dataset:listDatasets.";
    case ErrorKind::kNotFound:
      return "Check project_id and the dataset's id, or remove the dataset if "
             "it was deleted.";
    case ErrorKind::kApiUnavailable:
      return "This gateway does not publish the API: check region and "
             "endpoint, and whether the cloud still offers it.";
    case ErrorKind::kThrottled:
      return "Ask less often: set scrape.min_interval or the project's "
             "rate_limit, or have the quota raised.";
    case ErrorKind::kRateLimited:
      return "Raise the project's rate_limit or set scrape.min_interval: the "
             "limit does not reach all datasets in one scrape.";
    case ErrorKind::kClientError:
      return "Check the endpoint and project_id; the message says more. "
             "Redirects are not followed.";
    case ErrorKind::kServerError:
      return "The cloud has trouble: wait, or tell its support the request id.";
    case ErrorKind::kMalformed:
      return "Check that the endpoint is ModelArts and not a proxy or a "
             "login page.";
    case ErrorKind::kTooLarge:
      return "Check that the endpoint is ModelArts: no honest answer is that "
             "large.";
    case ErrorKind::kCredentials:
      return "Provide valid credentials: the message says what is missing, or "
             "which service does not give them.";
  }
  throw std::logic_error("ErrorKind out of range");
}

}  // namespace exporter
