#include "config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/file.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kTestdata = EXPORTER_TESTDATA;

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// The lines of `path` that begin with "#> ": the faults that it must have.
std::vector<std::string> Announced(const std::string& path) {
  std::vector<std::string> faults;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#> ")) faults.push_back(line.substr(3));
  }
  return faults;
}

// "line:column: what", with the file in front unless it is `main_file`, and
// without the folder of the tests.
std::vector<std::string> Found(const std::vector<Fault>& faults,
                               const std::string& main_file) {
  std::vector<std::string> lines;
  for (const Fault& fault : faults) {
    std::string line = ToString(fault);
    if (line.starts_with(main_file + ":")) line.erase(0, main_file.size() + 1);
    for (std::size_t at; (at = line.find(kTestdata)) != std::string::npos;) {
      line.replace(at, kTestdata.size(), "TESTDATA");
    }
    lines.push_back(line);
  }
  return lines;
}

// The configuration in the good file `name`.
Config Good(const std::string& name) {
  const LoadedConfig loaded = LoadConfig(kTestdata + "/good/" + name);
  for (const Fault& fault : loaded.faults) ADD_FAILURE() << ToString(fault);
  return loaded.config ? *loaded.config : Config{};
}

LoadedConfig LoadText(const TempFolder& folder, const std::string& text) {
  return LoadConfig(folder.Write("config.yml", text));
}

TEST(LoadConfigTest, ReportsEveryFaultOfEveryBadFileInItsPlace) {
  for (const std::string& path : FilesIn(kTestdata + "/bad")) {
    SCOPED_TRACE(path);

    const LoadedConfig loaded = LoadConfig(path);

    EXPECT_EQ(loaded.config, nullptr);
    EXPECT_THAT(Found(loaded.faults, path),
                ::testing::ElementsAreArray(Announced(path)));
  }
}

TEST(LoadConfigTest, NeverQuotesASecret) {
  for (const std::string& path : FilesIn(kTestdata + "/bad")) {
    for (const Fault& fault : LoadConfig(path).faults) {
      EXPECT_EQ(fault.what.find("hunter"), std::string::npos)
          << ToString(fault);
    }
  }
}

TEST(LoadConfigTest, TakesEveryGoodFile) {
  for (const std::string& path : FilesIn(kTestdata + "/good")) {
    SCOPED_TRACE(path);

    const LoadedConfig loaded = LoadConfig(path);

    EXPECT_THAT(Found(loaded.faults, path), IsEmpty());
    EXPECT_NE(loaded.config, nullptr);
  }
}

TEST(LoadConfigTest, TakesTheConfigurationsThatComeWithTheProgram) {
  for (const std::string& path : FilesIn(EXPORTER_CONFIGS)) {
    SCOPED_TRACE(path);
    EXPECT_THAT(Found(LoadConfig(path).faults, path), IsEmpty());
  }
}

// The keys of the configuration, by their sections' own words about a key that
// nobody knows.
std::set<std::string> AllKeys() {
  const TempFolder folder;
  const LoadedConfig loaded = LoadText(folder, R"(
x: 1
scrape: {x: 1, min_interval: {x: 1}}
projects:
  - x: 1
    rate_limit: {x: 1}
    http: {x: 1, tls: {x: 1}}
    credentials: {x: 1, password: {x: 1}, access_key: {x: 1}, profile: {x: 1},
                  instance_metadata: {x: 1}}
    datasets: [{x: 1}]
    discovery: {x: 1})");
  std::set<std::string> keys;
  for (const Fault& fault : loaded.faults) {
    const std::size_t list = fault.what.find("known are ");
    if (list == std::string::npos) continue;
    std::istringstream words(fault.what.substr(list + 10));
    for (std::string word; words >> word;) {
      if (word.ends_with(',')) word.pop_back();
      keys.insert(word);
    }
  }
  return keys;
}

TEST(LoadConfigTest, HasEveryKeyInTheFullConfigurationAndInTheReadme) {
  const std::string folder = EXPORTER_CONFIGS;
  const std::string full = ReadFile(folder + "/full.yml", 1U << 20U)->text;
  const std::string readme = ReadFile(folder + "/README.md", 1U << 20U)->text;

  const std::set<std::string> keys = AllKeys();

  EXPECT_GT(keys.size(), 40U);
  for (const std::string& key : keys) {
    EXPECT_THAT(full, HasSubstr(key));
    // Secrets and their files share a line there.
    EXPECT_THAT(readme, HasSubstr(key + '`'));
  }
}

TEST(LoadConfigTest, HasTheDocumentedDefaults) {
  const Config config = Good("minimal.yml");

  EXPECT_EQ(config.scrape.timeout, 10s);
  EXPECT_EQ(config.scrape.timeout_offset, 500ms);
  EXPECT_EQ(config.scrape.concurrency, 32U);
  EXPECT_EQ(config.scrape.memory.min_interval_active, 0s);
  EXPECT_EQ(config.scrape.memory.min_interval_settled, 0s);
  EXPECT_EQ(config.scrape.memory.max_stale, 0s);
  const ProjectConfig& project = config.projects.at(0);
  EXPECT_EQ(project.cloud, "myhuaweicloud.com");
  EXPECT_EQ(project.endpoint, "https://modelarts.cn-north-4.myhuaweicloud.com");
  EXPECT_EQ(project.duration_unit, DurationUnit::kSeconds);
  EXPECT_FALSE(project.rate_limit);
  EXPECT_FALSE(project.discovery);
  EXPECT_EQ(project.http, HttpConfig{});
  EXPECT_EQ(project.http.timeout, 5s);
  EXPECT_EQ(project.credentials, CredentialsConfig(DefaultChainConfig{}));
  ASSERT_THAT(project.datasets, SizeIs(1));
  EXPECT_EQ(project.datasets[0].key, (DatasetKey{"p1", "d1"}));
  EXPECT_EQ(project.datasets[0].region, "cn-north-4");
}

TEST(LoadConfigTest, ReadsEveryKey) {
  const Config config = Good("everything.yml");

  EXPECT_EQ(config.scrape.timeout, 20s);
  EXPECT_EQ(config.scrape.timeout_offset, 250ms);
  EXPECT_EQ(config.scrape.concurrency, 64U);
  EXPECT_EQ(config.scrape.memory.min_interval_active, 15s);
  EXPECT_EQ(config.scrape.memory.min_interval_settled, 5min);
  EXPECT_EQ(config.scrape.memory.max_stale, 10min);
  const ProjectConfig& project = config.projects.at(0);
  EXPECT_EQ(project.endpoint, "https://modelarts.eu-de.otc.t-systems.com");
  EXPECT_EQ(project.duration_unit, DurationUnit::kMilliseconds);
  EXPECT_EQ(project.rate_limit, (RateLimit{200, 5min, 20}));
  EXPECT_EQ(project.http.timeout, 3s);
  const Transport& transport = project.http.transport;
  EXPECT_EQ(transport.proxy_url.Reveal(), "http://user:hunter2@proxy:3128");
  EXPECT_EQ(transport.server_name, "api.example.com");
  EXPECT_EQ(transport.min_version, TlsVersion::kTls13);
  EXPECT_TRUE(transport.insecure_skip_verify);
  ASSERT_TRUE(project.discovery);
  EXPECT_EQ(project.discovery->refresh_interval, 1min);
  EXPECT_EQ(project.discovery->include, "^prod-");
  EXPECT_EQ(project.discovery->exclude, "-scratch$");
  EXPECT_EQ(project.discovery->workspace_id, "0");
  EXPECT_EQ(project.discovery->max_datasets, 5000U);
  ASSERT_THAT(project.datasets, SizeIs(4));
  EXPECT_EQ(project.own_datasets, 2U);
  EXPECT_EQ(project.datasets[0].name, "street-signs");
  EXPECT_THAT(
      project.datasets[0].labels,
      ElementsAre(std::pair("team", "perception"), std::pair("null", "yes")));
}

TEST(LoadConfigTest, ReadsEveryKindOfCredentials) {
  const Config config = Good("everything.yml");
  const SecretSource secret = {Secret("hunter2"), ""};
  const std::string folder = kTestdata + "/good/";

  std::vector<CredentialsConfig> found;
  for (const ProjectConfig& p : config.projects) found.push_back(p.credentials);

  EXPECT_EQ(found.at(0), CredentialsConfig(PasswordConfig{
                             "acme", "exporter", secret,
                             "https://iam.eu-de.otc.t-systems.com"}));
  EXPECT_EQ(found.at(1), CredentialsConfig(TokenConfig{secret}));
  EXPECT_EQ(
      found.at(2),
      CredentialsConfig(TokenConfig{{Secret(), folder + "../secrets/token"}}));
  EXPECT_EQ(found.at(3),
            CredentialsConfig(AccessKeyConfig{
                {Secret(), folder + "../secrets/id"}, secret, secret}));
  EXPECT_EQ(found.at(4), CredentialsConfig(EnvironmentConfig{}));
  EXPECT_EQ(found.at(5), CredentialsConfig(ProfileConfig{
                             folder + "../secrets/token", "other"}));
  EXPECT_EQ(found.at(6),
            CredentialsConfig(InstanceMetadataConfig{"http://127.0.0.1:1"}));
  EXPECT_EQ(found.at(7), CredentialsConfig(PodIdentityConfig{}));
  EXPECT_EQ(found.at(8), CredentialsConfig(DefaultChainConfig{}));
}

TEST(LoadConfigTest, SendsAPasswordToTheCloudOfItsEndpoint) {
  const TempFolder folder;
  const struct {
    const char* address;
    const char* iam_endpoint;
  } kCases[] = {
      {"region: EU-de, cloud: b.c", "https://iam.eu-de.b.c"},
      {"region: r, cloud: b.c, endpoint: 'https://a'", "https://iam.r.b.c"},
      {"region: r, endpoint: 'https://modelarts.r.myhuaweicloud.com/'",
       "https://iam.r.myhuaweicloud.com"},
  };
  for (const auto& [address, iam_endpoint] : kCases) {
    SCOPED_TRACE(address);

    const LoadedConfig loaded =
        LoadText(folder, std::string("projects: [{project_id: p, ") + address +
                             ", datasets: [{id: d}], credentials: {password: "
                             "{domain: d, user: u, password: hunter2}}}]");

    ASSERT_NE(loaded.config, nullptr);
    EXPECT_EQ(std::get<PasswordConfig>(loaded.config->projects[0].credentials)
                  .iam_endpoint,
              iam_endpoint);
  }
}

TEST(LoadConfigTest, FollowsAliases) {
  const Config config = Good("aliases.yml");

  EXPECT_EQ(config.projects.at(1).http, config.projects.at(0).http);
  EXPECT_EQ(config.projects[1].http.timeout, 3s);
  EXPECT_EQ(config.projects[1].credentials, config.projects[0].credentials);
  EXPECT_EQ(config.projects[1].datasets.at(0).labels,
            config.projects[0].datasets.at(0).labels);
}

TEST(LoadConfigTest, TakesNullAsAbsent) {
  const Config config = Good("nulls.yml");

  const ProjectConfig& project = config.projects.at(0);
  EXPECT_EQ(config.scrape.timeout, 10s);
  EXPECT_EQ(project.endpoint, "https://modelarts.r.myhuaweicloud.com");
  EXPECT_EQ(project.http, HttpConfig{});
  EXPECT_EQ(project.credentials, CredentialsConfig(DefaultChainConfig{}));
  EXPECT_EQ(project.datasets.at(0).name, "");
  EXPECT_THAT(project.datasets.at(1).labels, IsEmpty());
}

TEST(LoadConfigTest, TakesIdsAsTheyAreWritten) {
  const Config config = Good("ids.yml");

  EXPECT_EQ(config.projects.at(0).project_id, "00123");
  std::vector<std::string> ids;
  for (const Dataset& dataset : config.projects[0].datasets) {
    ids.emplace_back(dataset.key.dataset_id);
  }
  EXPECT_THAT(ids, ElementsAre("with space", "100%", "~user/x", "数据集", "1e3",
                               "null", "..."));
}

TEST(LoadConfigTest, ReadsDatasetFilesOnceAndInTheOrderOfTheirNames) {
  const Config config = Good("dataset_files.yml");

  std::vector<std::string> keys;
  for (const ProjectConfig& project : config.projects) {
    for (const Dataset& dataset : project.datasets) {
      keys.push_back(ToString(dataset.key));
    }
  }
  EXPECT_THAT(keys, ElementsAre("p1/first", "p1/from-a-1", "p1/from-a-2",
                                "p1/from-b-1", "p2/from-b-1"));
}

TEST(LoadConfigTest, SaysHowDatasetFilesLookedOfARefusedConfigurationToo) {
  const TempFolder folder;
  const std::string file = folder.Write("d.yml", "- id: d1");
  const std::string pattern = folder.path() + "/*d.yml";
  const std::string none = folder.path() + "/none.yml";
  const std::string text =
      "projects: [{project_id: p, region: r, dataset_files: ['*d.yml'";

  const LoadedConfig good = LoadText(folder, text + "]}]");
  const LoadedConfig bad = LoadText(folder, text + ", none.yml]}]");

  EXPECT_NE(good.config, nullptr);
  EXPECT_THAT(good.looks, ElementsAre(std::pair(pattern, LookAt(file))));
  EXPECT_EQ(bad.config, nullptr);
  EXPECT_THAT(bad.looks, ElementsAre(std::pair(pattern, LookAt(file)),
                                     std::pair(none, LookAt(none))));
}

TEST(LoadConfigTest, TakesAFolderWithPatternCharactersAsItIsWritten) {
  const TempFolder folder("config[*]");
  folder.Write("d.yml", "- id: d1");

  const LoadedConfig loaded = LoadText(
      folder,
      "projects: [{project_id: p, region: r, dataset_files: ['*d.yml']}]");

  ASSERT_NE(loaded.config, nullptr);
  EXPECT_THAT(loaded.config->projects[0].datasets, SizeIs(1));
  EXPECT_THAT(loaded.config->shown, HasSubstr("- \"*d.yml\"\n"));
}

TEST(LoadConfigTest, WarnsOfAPatternThatMatchesNothing) {
  const TempFolder folder;

  const LoadedConfig loaded = LoadText(
      folder,
      "projects: [{project_id: p, region: r, dataset_files: ['*.none']}]");

  EXPECT_NE(loaded.config, nullptr);
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_EQ(loaded.warnings[0].what, "dataset_files: no file matches '*.none'");
}

TEST(LoadConfigTest, RefusesAFolderOfDatasetsThatCannotBeRead) {
  const TempFolder folder;
  std::filesystem::create_symlink("loop", folder.path() + "/loop");

  const LoadedConfig loaded =
      LoadText(folder,
               "projects: [{project_id: p, region: r, "
               "dataset_files: ['none/*.yml', 'loop/*.yml']}]");

  const std::string file = folder.path() + "/config.yml:1:";
  ASSERT_THAT(loaded.faults, SizeIs(2));
  EXPECT_EQ(ToString(loaded.faults[0]),
            file +
                "55: dataset_files: the folder of 'none/*.yml' is missing "
                "or cannot be read");
  EXPECT_EQ(ToString(loaded.faults[1]),
            file +
                "69: dataset_files: the folder of 'loop/*.yml' is missing "
                "or cannot be read");
}

TEST(LoadConfigTest, WarnsOfASecretFileThatEveryoneMayRead) {
  const TempFolder folder;
  const std::string text =
      "projects: [{project_id: p, region: r, datasets: [{id: d}], "
      "credentials: {token_file: token}}]";
  const std::string token = folder.Write("token", "hunter2\n");

  chmod(token.c_str(), 0644);
  const LoadedConfig open = LoadText(folder, text);
  chmod(token.c_str(), 0640);
  const LoadedConfig closed = LoadText(folder, text);

  EXPECT_NE(open.config, nullptr);
  ASSERT_THAT(open.warnings, SizeIs(1));
  EXPECT_THAT(open.warnings[0].what, HasSubstr("chmod o-r"));
  EXPECT_THAT(closed.warnings, IsEmpty());
}

TEST(LoadConfigTest, TakesIamsEndpointAsOpenStackWritesIt) {
  const TempFolder folder;
  const struct {
    const char* written;
    const char* taken;
  } kCases[] = {
      {"https://iam.b.c", "https://iam.b.c"},
      {"https://iam.b.c/v3", "https://iam.b.c"},
      {"https://iam.b.c:5000/v3/", "https://iam.b.c:5000"},
      {"https://b.c/identity/v3", "https://b.c/identity"},
      {"https://b.c/identity//v3//", "https://b.c/identity"},
      {"https://b.c/identity/v3/auth/tokens", "https://b.c/identity"},
      {"https://iam.b.c/v3/auth/tokens", "https://iam.b.c"},
      {"https://b.c/v3/proxy", "https://b.c/v3/proxy"},
      {"https://b.c/dev3", "https://b.c/dev3"},
  };
  for (const auto& [written, taken] : kCases) {
    SCOPED_TRACE(written);

    const LoadedConfig loaded = LoadText(
        folder, std::string("projects: [{project_id: p, region: r, datasets: "
                            "[{id: d}], credentials: {password: {domain: d, "
                            "user: u, password: hunter2, iam_endpoint: '") +
                    written + "'}}}]");

    ASSERT_NE(loaded.config, nullptr);
    EXPECT_EQ(std::get<PasswordConfig>(loaded.config->projects[0].credentials)
                  .iam_endpoint,
              taken);
  }
}

TEST(LoadConfigTest, WarnsOfASecretThatAnEditorMayHaveChanged) {
  const TempFolder folder;
  for (const char* name : {"id", "secret", "token", "password"}) {
    const std::string path = folder.Write(name, "\xEF\xBB\xBFhunter2 \n");
    chmod(path.c_str(), 0600);
  }
  const struct {
    const char* credentials;
    std::vector<std::string> warnings;
  } kCases[] = {
      {"access_key: {id_file: id, secret_file: secret, "
       "security_token_file: token}",
       {"id_file: the secret in " + folder.path() +
            "/id begins with a byte "
            "order mark, which is left out; save the file as UTF-8 without one",
        "secret_file: ", "security_token_file: "}},
      {"token_file: token", {"token_file: "}},
      {"password: {domain: d, user: u, password_file: password}",
       {"password_file: "}},
      {"token: ' hunter2'", {"token: the secret has blanks "}},
      {"password: {domain: d, user: u, password: 'hunter2 '}",
       {"password: the secret begins or ends with a blank"}},
  };
  for (const auto& [credentials, warnings] : kCases) {
    SCOPED_TRACE(credentials);

    const LoadedConfig loaded = LoadText(
        folder, std::string("projects: [{project_id: p, region: r, datasets: "
                            "[{id: d}], credentials: {") +
                    credentials + "}}]");

    EXPECT_NE(loaded.config, nullptr);
    ASSERT_THAT(loaded.warnings, SizeIs(warnings.size()));
    for (std::size_t i = 0; i < warnings.size(); ++i) {
      EXPECT_THAT(loaded.warnings[i].what, StartsWith(warnings[i]));
      EXPECT_THAT(loaded.warnings[i].what, Not(HasSubstr("hunter2")));
    }
  }
}

// A key and a certificate of its own, made anew.
struct KeyPair {
  std::string key;
  std::string certificate;
};

std::string Text(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio, &data));
  std::string text(data, size);
  BIO_free(bio);
  return text;
}

KeyPair MakeKeyPair() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  BIO* key_text = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr,
                           nullptr);
  BIO* certificate_text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_text, certificate);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {Text(key_text), Text(certificate_text)};
}

TEST(LoadConfigTest, ChecksThatKeyAndCertificateBelongTogether) {
  const TempFolder folder;
  const KeyPair one = MakeKeyPair();
  const KeyPair other = MakeKeyPair();
  folder.Write("cert.pem", one.certificate);
  const std::string key = folder.Write("key.pem", one.key);
  chmod(key.c_str(), 0600);
  const std::string text =
      "projects: [{project_id: p, region: r, datasets: [{id: d}], http: {tls: "
      "{ca_file: cert.pem, cert_file: cert.pem, key_file: key.pem}}}]";

  const LoadedConfig good = LoadText(folder, text);
  folder.Write("key.pem", other.key);
  const LoadedConfig bad = LoadText(folder, text);

  EXPECT_NE(good.config, nullptr);
  EXPECT_THAT(good.warnings, IsEmpty());
  ASSERT_THAT(bad.faults, SizeIs(1));
  EXPECT_EQ(bad.faults[0].what,
            "key_file: " + key + " is not the key of 'cert_file'");
}

TEST(LoadConfigTest, FindsTheHomeFolderOfAProfile) {
  const TempFolder folder;
  folder.Write("credentials", "[basic]\n");
  const char* before = std::getenv("HOME");
  const std::string home = before == nullptr ? "" : before;

  setenv("HOME", folder.path().c_str(), 1);
  const LoadedConfig loaded =
      LoadText(folder,
               "projects: [{project_id: p, region: r, datasets: [{id: d}], "
               "credentials: {profile: {file: ~/credentials}}}]");
  setenv("HOME", home.c_str(), 1);

  ASSERT_NE(loaded.config, nullptr);
  EXPECT_EQ(loaded.config->projects[0].credentials,
            CredentialsConfig(
                ProfileConfig{folder.path() + "/credentials", "basic"}));
}

TEST(LoadConfigTest, ChecksTheProxiesOfTheEnvironmentWhereTheyCount) {
  const TempFolder folder;
  const auto faults_with = [&](const char* upper, const char* lower,
                               const std::string& follow) {
    setenv("HTTPS_PROXY", upper, 1);
    setenv("https_proxy", lower, 1);
    const LoadedConfig loaded =
        LoadText(folder,
                 "projects: [{project_id: p, region: r, datasets: [{id: d}], "
                 "http: {proxy_from_environment: " +
                     follow + "}}]");
    unsetenv("HTTPS_PROXY");
    unsetenv("https_proxy");
    return Found(loaded.faults, folder.path() + "/config.yml");
  };

  for (const char* fine : {"", "proxy", "proxy:3128", "http://u:p@proxy:3128/",
                           "https://proxy", "socks5h://[::1]"}) {
    EXPECT_THAT(faults_with(fine, "", "true"), IsEmpty()) << fine;
  }
  EXPECT_THAT(faults_with("http://u:hunter2@proxy:99999", "", "true"),
              ElementsAre("1:91: proxy_from_environment: HTTPS_PROXY has no "
                          "valid port; it is a number from 1 to 65535, without "
                          "leading zeros"));
  EXPECT_THAT(faults_with("", "ftp://proxy", "true"),
              ElementsAre(HasSubstr(": https_proxy must begin with http://")));
  // Only what counts is looked at.
  EXPECT_THAT(faults_with("proxy", "ftp://proxy", "true"), IsEmpty());
  EXPECT_THAT(faults_with("ftp://proxy", "", "false"), IsEmpty());
}

TEST(LoadConfigTest, SaysWhyTheFileCannotBeRead) {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string none = folder.path() + "/none.yml";

  EXPECT_EQ(ToString(LoadConfig(none).faults.at(0)),
            none + ":1:1: cannot be read: No such file or directory");
  EXPECT_EQ(ToString(LoadConfig(folder.path()).faults.at(0)),
            folder.path() + ":1:1: cannot be read: Is a directory");
  EXPECT_EQ(ToString(LoadConfig(pipe).faults.at(0)),
            pipe + ":1:1: is no regular file");
}

TEST(LoadConfigTest, ListsAFaultOnceHoweverManyAliasesLeadToIt) {
  const TempFolder folder;

  const std::vector<Fault> faults =
      LoadText(folder,
               "projects:\n"
               "- {project_id: a, region: r, discovery: {}, http: &http {tls: "
               "{cert_file: none, key_file: none}}}\n"
               "- {project_id: b, region: r, discovery: {}, http: *http}\n"
               "- {project_id: c, region: r, discovery: {}, credentials: "
               "&login {password: {}}}\n"
               "- {project_id: d, region: r, discovery: {}, credentials: "
               "*login}\n")
          .faults;

  std::set<std::string> different;
  for (const Fault& fault : faults) different.insert(ToString(fault));
  EXPECT_THAT(faults, SizeIs(5));  // 2 files, and 3 keys in one place.
  EXPECT_THAT(different, SizeIs(5));
}

TEST(LoadConfigTest, ListsAThousandFaultsAndSaysThatThereAreMore) {
  const TempFolder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "key" + std::to_string(i) + ": 1\n";

  const std::vector<Fault> faults = LoadText(folder, text).faults;

  ASSERT_THAT(faults, SizeIs(1001));
  EXPECT_EQ(faults.back().what, "and more faults, which are not listed");
}

}  // namespace
}  // namespace exporter
