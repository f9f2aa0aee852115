#include "model/advice.h"

#include <stdexcept>

namespace exporter {

namespace {

// Of what is known beyond the kind; empty if that is nothing.
std::string_view AdviceFor(Cause cause) {
  switch (cause) {
    case Cause::kUnknown:
      return "";
    case Cause::kLookup:
      return "Check the endpoint's spelling and this machine's name servers: "
             "/etc/resolv.conf, in a pod its dnsPolicy and ndots.";
    case Cause::kUnreachable:
      return "Check the endpoint's host and port, the firewall and whether a "
             "proxy is needed: nobody takes connections there.";
    case Cause::kProxy:
      return "Look at the proxy, not the cloud: http.proxy_url or HTTPS_PROXY, "
             "its rules and its log; http.tls.ca_file is for an https:// "
             "proxy's certificate too.";
    case Cause::kProxyLogin:
      return "Correct the user and the password in http.proxy_url or in "
             "HTTPS_PROXY: the proxy wants others, or some.";
    case Cause::kRequestHeader:
      return "The token is larger than the gateway takes: use an access key, "
             "or raise nginx's large_client_header_buffers or HAProxy's "
             "tune.bufsize.";
    case Cause::kClientCertificate:
      return "Set http.tls.cert_file and http.tls.key_file: the gateway wants "
             "a certificate of its clients.";
    case Cause::kPlainHttp:
      return "Write the endpoint with https://: its port speaks HTTPS.";
    case Cause::kIamEndpoint:
      return "Check iam_endpoint, which OpenStack calls OS_AUTH_URL: its host "
             "and port, the firewall and the proxy before it, and that IAM "
             "answers there.";
    case Cause::kIamCertificate:
      return "Check the certificate of iam_endpoint, and set http.tls.ca_file "
             "to its authority.";
    case Cause::kIamRefusal:
      return "IAM does not say which: see whether the password was rotated, "
             "the user is locked or disabled, the project is disabled or "
             "unknown, and the user has a role on it.";
    case Cause::kIamTrouble:
      return "IAM has trouble, or wants fewer requests: wait, or tell its "
             "support the request id.";
    case Cause::kSecondFactor:
      return "Use a user without multi-factor authentication, or an access "
             "key: the exporter has a password alone.";
    case Cause::kTooManyDatasets:
      return "Raise discovery.max_datasets, and the memory by 2 KB for each, "
             "or list fewer by include, exclude or workspace_id.";
  }
  throw std::logic_error("Cause out of range");
}

}  // namespace

std::string_view AdviceFor(const Error& error) {
  const std::string_view special = AdviceFor(error.cause);
  if (!special.empty()) return special;
  switch (error.kind) {
    case ErrorKind::kConfig:
      return "Correct the configuration.";
    case ErrorKind::kTimeout:
      return "See whether the endpoint answers slowly or not at all; else "
             "raise scrape_timeout, http.timeout or scrape.concurrency.";
    case ErrorKind::kConnect:
      return "The connection broke: see the log of the gateway, or of what "
             "lies before it, at that time.";
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
