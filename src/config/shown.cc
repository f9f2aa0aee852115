#include "config/shown.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "base/duration.h"
#include "config/endpoint.h"
#include "config/paths.h"

namespace exporter {
namespace {

constexpr std::string_view kHidden = "<secret>";

// `text` in double quotes, its control characters as escapes.
std::string Quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    auto byte = static_cast<unsigned char>(c);
    // U+0080 to U+009F, whose second byte is their number.
    const bool is_c1 =
        text.substr(at, 2) >= "\xC2\x80" && text.substr(at, 2) <= "\xC2\x9F";
    if (is_c1) byte = static_cast<unsigned char>(text[++at]);
    if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7F || is_c1) {
      quoted += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + '"';
}

// `text` as a YAML scalar: as it is where no reader can take it for anything
// else, in double quotes otherwise. YAML::Emitter writes the texts true, 123
// and .inf without quotes, and U+0085 as it is.
std::string Scalar(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto is_plain = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           std::string_view("-_./:@<>").find(c) != std::string_view::npos;
  };
  constexpr std::array<std::string_view, 9> kWords = {
      "true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c | 0x20);
  const bool is_word =
      std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
  const bool may_start =
      !text.empty() &&
      (is_letter(text.front()) || text.front() == '/' || text.front() == '<');
  if (may_start && !is_word && !text.ends_with(':') &&
      std::all_of(text.begin(), text.end(), is_plain)) {
    return std::string(text);
  }
  return Quoted(text);
}

// Writes YAML in block style; the levels are made by the caller.
class Writer {
 public:
  explicit Writer(std::string folder) : folder_(std::move(folder)) {}

  void Open(std::string_view key) {
    Line(std::string(key) + ":");
    ++depth_;
  }
  void Close() { --depth_; }
  // An item of a list, which is a mapping; ends with Close.
  void Item() {
    ++depth_;
    is_item_ = true;
  }

  void Raw(std::string_view key, std::string_view value) {
    Line(std::string(key) + ": " + std::string(value));
  }
  void Text(std::string_view key, std::string_view value) {
    if (!value.empty()) Raw(key, Scalar(value));
  }
  void Path(std::string_view key, const std::string& path) {
    Text(key, Relative(folder_, path));
  }
  void Bool(std::string_view key, bool value) {
    Raw(key, value ? "true" : "false");
  }
  void Count(std::string_view key, std::uint64_t count) {
    Raw(key, std::to_string(count));
  }
  void Time(std::string_view key, std::chrono::milliseconds duration) {
    Raw(key, FormatDuration(duration));
  }
  void Hidden(std::string_view key, const SecretSource& secret) {
    if (!secret.file.empty()) {
      Path(std::string(key) + "_file", secret.file);
    } else {
      Raw(key, kHidden);
    }
  }
  void Patterns(std::string_view key,
                const std::vector<std::string>& patterns) {
    Open(key);
    const std::string folder = EscapePattern(folder_);
    for (const std::string& pattern : patterns) {
      Line("- " + Scalar(Relative(folder, pattern)));
    }
    Close();
  }

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  void Line(const std::string& line) {
    const std::size_t indent = 2 * depth_;
    text_ += std::string(is_item_ ? indent - 2 : indent, ' ');
    if (is_item_) text_ += "- ";
    is_item_ = false;
    text_ += line;
    text_ += '\n';
  }

  static std::string Relative(const std::string& folder,
                              const std::string& path) {
    return path.starts_with(folder) ? path.substr(folder.size()) : path;
  }

  const std::string folder_;
  std::string text_;
  std::size_t depth_ = 0;
  bool is_item_ = false;
};

void Write(const ScrapeConfig& scrape, Writer& out) {
  out.Open("scrape");
  out.Time("timeout", scrape.timeout);
  out.Time("timeout_offset", scrape.timeout_offset);
  out.Count("concurrency", scrape.concurrency);
  out.Open("min_interval");
  out.Time("active", scrape.memory.min_interval_active);
  out.Time("settled", scrape.memory.min_interval_settled);
  out.Close();
  out.Time("max_stale", scrape.memory.max_stale);
  out.Close();
}

void Write(const RateLimit& limit, Writer& out) {
  out.Open("rate_limit");
  out.Count("requests", static_cast<std::uint64_t>(limit.requests));
  out.Time("per", std::chrono::floor<std::chrono::milliseconds>(limit.per));
  out.Count("burst", static_cast<std::uint64_t>(limit.burst));
  out.Close();
}

std::string_view NameOf(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return "TLS10";
    case TlsVersion::kTls11:
      return "TLS11";
    case TlsVersion::kTls12:
      return "TLS12";
    case TlsVersion::kTls13:
      return "TLS13";
  }
  throw std::logic_error("TlsVersion out of range");
}

void Write(const HttpConfig& http, Writer& out) {
  out.Open("http");
  out.Time("timeout", http.timeout);
  const Transport& transport = http.transport;
  if (!transport.proxy_url.Empty()) {
    out.Text("proxy_url", WithoutPassword(transport.proxy_url.Reveal()));
  }
  out.Bool("proxy_from_environment", transport.proxy_from_environment);
  out.Open("tls");
  out.Path("ca_file", transport.ca_file);
  out.Path("cert_file", transport.cert_file);
  out.Path("key_file", transport.key_file);
  out.Text("server_name", transport.server_name);
  out.Text("min_version", NameOf(transport.min_version));
  out.Bool("insecure_skip_verify", transport.insecure_skip_verify);
  out.Close();
  out.Close();
}

struct CredentialsWriter {
  Writer* out;

  void operator()(const DefaultChainConfig& /*config*/) const {
    out->Raw("default_chain", "{}");
  }
  void operator()(const TokenConfig& config) const {
    out->Hidden("token", config.token);
  }
  void operator()(const PasswordConfig& config) const {
    out->Open("password");
    out->Text("domain", config.domain);
    out->Text("user", config.user);
    out->Hidden("password", config.password);
    out->Text("iam_endpoint", config.iam_endpoint);
    out->Raw("max_tries", std::to_string(config.max_tries));
    out->Close();
  }
  void operator()(const AccessKeyConfig& config) const {
    out->Open("access_key");
    out->Hidden("id", config.id);
    out->Hidden("secret", config.secret);
    if (config.security_token) {
      out->Hidden("security_token", *config.security_token);
    }
    out->Close();
  }
  void operator()(const EnvironmentConfig& /*config*/) const {
    out->Raw("environment", "{}");
  }
  void operator()(const ProfileConfig& config) const {
    out->Open("profile");
    out->Path("file", config.file);
    out->Text("section", config.section);
    out->Close();
  }
  void operator()(const InstanceMetadataConfig& config) const {
    out->Open("instance_metadata");
    out->Text("endpoint", config.endpoint);
    out->Close();
  }
  void operator()(const PodIdentityConfig& /*config*/) const {
    out->Raw("pod_identity", "{}");
  }
};

void Write(const Dataset& dataset, Writer& out) {
  out.Item();
  out.Text("id", dataset.key.dataset_id);
  out.Text("name", dataset.name);
  if (dataset.labels.empty()) return out.Close();
  out.Open("labels");
  for (const auto& [name, value] : dataset.labels) {
    out.Raw(Scalar(name), Scalar(value));
  }
  out.Close();
  out.Close();
}

void Write(const DiscoverySettings& discovery, Writer& out) {
  out.Open("discovery");
  out.Time("refresh_interval", discovery.refresh_interval);
  out.Text("include", discovery.include);
  out.Text("exclude", discovery.exclude);
  out.Text("workspace_id", discovery.workspace_id);
  out.Count("max_datasets", discovery.max_datasets);
  out.Close();
}

void WriteDatasets(const ProjectConfig& project, Writer& out) {
  if (project.own_datasets == 0) return;
  out.Open("datasets");
  for (std::size_t i = 0; i < project.own_datasets; ++i) {
    Write(project.datasets[i], out);
  }
  out.Close();
}

void Write(const ProjectConfig& project, Writer& out) {
  out.Item();
  out.Text("project_id", project.project_id);
  out.Text("region", project.region);
  out.Text("cloud", project.cloud);
  out.Text("endpoint", project.endpoint);
  const bool is_seconds = project.duration_unit == DurationUnit::kSeconds;
  out.Text("duration_unit", is_seconds ? "seconds" : "milliseconds");
  if (project.rate_limit) Write(*project.rate_limit, out);
  Write(project.http, out);
  out.Open("credentials");
  std::visit(CredentialsWriter{&out}, project.credentials);
  out.Close();
  WriteDatasets(project, out);
  if (!project.dataset_files.empty()) {
    out.Patterns("dataset_files", project.dataset_files);
  }
  if (project.discovery) Write(*project.discovery, out);
  out.Close();
}

}  // namespace

std::string RenderConfig(const Config& config, const std::string& folder) {
  Writer out(folder);
  Write(config.scrape, out);
  out.Open("projects");
  for (const ProjectConfig& project : config.projects) Write(project, out);
  out.Close();
  return out.Take();
}

std::uint64_t HashConfig(const Config& config) {
  Writer out("");
  for (const ProjectConfig& project : config.projects) {
    out.Text("project_id", project.project_id);
    for (std::size_t i = project.own_datasets; i < project.datasets.size();
         ++i) {
      Write(project.datasets[i], out);
    }
  }
  const std::string text = config.shown + "---\n" + out.Take();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(),
                 nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = hash << 8U | digest[i];
  return hash >> 11U;
}

}  // namespace exporter
