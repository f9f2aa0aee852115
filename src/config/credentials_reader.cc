#include "config/credentials_reader.h"

#include <cstdlib>

#include "base/file.h"
#include "config/endpoint.h"
#include "config/paths.h"

namespace exporter {
namespace {

// What OpenStack's OS_AUTH_URL and the tables of services call IAM's endpoint
// ends in the version of the API, which the program adds itself.
std::string WithoutApiVersion(std::string endpoint) {
  for (const std::string_view end : {"/v3/auth/tokens", "/v3"}) {
    if (endpoint.ends_with(end)) endpoint.resize(endpoint.size() - end.size());
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

void ReadIamEndpoint(const Section& section, const std::string& by_default,
                     std::string& endpoint) {
  std::string text;
  if (section.ReadText("iam_endpoint", text)) {
    const Result<std::string> url = NormalizeEndpoint(text);
    if (!url) return section.Add("iam_endpoint", url.error().message);
    endpoint = WithoutApiVersion(*url);
  } else if (section.Find("iam_endpoint") == nullptr) {
    endpoint = by_default;
    if (endpoint.empty()) {
      section.Add("iam_endpoint",
                  "is missing; beside 'endpoint', give it or 'region' and "
                  "'cloud'");
    }
  }
}

PasswordConfig ReadPassword(const YamlNode& node,
                            const std::string& iam_endpoint,
                            const Source& source) {
  const Section section(node, "password",
                        {"domain", "user", "password", "password_file",
                         "iam_endpoint", "max_tries"},
                        source.faults);
  PasswordConfig password;
  RequireText(section, "domain", password.domain);
  RequireText(section, "user", password.user);
  section.ReadCount("max_tries", password.max_tries, 1, 10);
  password.password =
      RequireSecret(section, "password", SecretForm::kPassword, source);
  ReadIamEndpoint(section, iam_endpoint, password.iam_endpoint);
  return password;
}

AccessKeyConfig ReadAccessKey(const YamlNode& node, const Source& source) {
  const Section section(node, "access_key",
                        {"id", "id_file", "secret", "secret_file",
                         "security_token", "security_token_file"},
                        source.faults);
  constexpr SecretForm kForm = SecretForm::kKey;
  return {RequireSecret(section, "id", kForm, source),
          RequireSecret(section, "secret", kForm, source),
          ReadSecret(section, "security_token", kForm, source)};
}

ProfileConfig ReadProfile(const YamlNode& node, const Source& source) {
  const Section section(node, "profile", {"file", "section"}, source.faults);
  ProfileConfig profile;
  section.ReadText("section", profile.section);
  std::string path;
  if (!section.ReadText("file", path)) return profile;
  if (path.starts_with("~/")) {
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') {
      section.Add("file", "'~' needs the environment variable HOME");
      return profile;
    }
    path = home + path.substr(1);
  }
  profile.file = Resolve(source.folder, path);
  const Result<FileText> file = ReadFile(profile.file, kMaxSecretFileBytes);
  if (!file) {
    section.Add("file",
                PrintablePath(profile.file) + " " + file.error().message);
  } else {
    WarnIfOthersMayRead(section, "file", profile.file, file->others_may_read,
                        source);
  }
  return profile;
}

InstanceMetadataConfig ReadInstanceMetadata(const YamlNode& node,
                                            const Source& source) {
  const Section section(node, "instance_metadata", {"endpoint"}, source.faults);
  InstanceMetadataConfig metadata;
  std::string text;
  if (section.ReadText("endpoint", text)) {
    const Result<std::string> url = NormalizeEndpoint(text);
    if (url) {
      metadata.endpoint = *url;
    } else {
      section.Add("endpoint", url.error().message);
    }
  }
  return metadata;
}

template <typename T>
T ReadEmpty(const YamlNode& node, std::string_view name, const Source& source) {
  const Section section(node, name, {}, source.faults);
  return T{};
}

}  // namespace

CredentialsConfig ReadCredentials(const YamlNode& node,
                                  const std::string& iam_endpoint,
                                  const Source& source) {
  const Section section(
      node, "credentials",
      {"token", "token_file", "password", "access_key", "environment",
       "profile", "instance_metadata", "pod_identity", "default_chain"},
      source.faults);
  CredentialsConfig credentials;
  std::size_t kinds = 0;
  // All that is there is read, so that no fault hides behind another.
  const auto choose = [&](CredentialsConfig config) {
    ++kinds;
    credentials = std::move(config);
  };
  if (section.Find("token") != nullptr ||
      section.Find("token_file") != nullptr) {
    choose(
        TokenConfig{RequireSecret(section, "token", SecretForm::kKey, source)});
  }
  if (const YamlNode* value = section.Find("password")) {
    choose(ReadPassword(*value, iam_endpoint, source));
  }
  if (const YamlNode* value = section.Find("access_key")) {
    choose(ReadAccessKey(*value, source));
  }
  if (const YamlNode* value = section.Find("environment")) {
    choose(ReadEmpty<EnvironmentConfig>(*value, "environment", source));
  }
  if (const YamlNode* value = section.Find("profile")) {
    choose(ReadProfile(*value, source));
  }
  if (const YamlNode* value = section.Find("instance_metadata")) {
    choose(ReadInstanceMetadata(*value, source));
  }
  if (const YamlNode* value = section.Find("pod_identity")) {
    choose(ReadEmpty<PodIdentityConfig>(*value, "pod_identity", source));
  }
  if (const YamlNode* value = section.Find("default_chain")) {
    choose(ReadEmpty<DefaultChainConfig>(*value, "default_chain", source));
  }
  if (kinds != 1 && node.content->kind == YamlContent::Kind::kMap) {
    source.faults.Add(
        node, kinds == 0
                  ? "credentials: names none; give one, e.g. 'token_file: "
                    "PATH' or 'environment: {}'"
                  : "credentials: names more than one; keep one of them");
  }
  return credentials;
}

}  // namespace exporter
