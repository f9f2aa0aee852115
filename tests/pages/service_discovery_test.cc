#include "pages/service_discovery.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/whole_body.h"

namespace exporter {
namespace {

std::optional<std::string> Rendered(const Catalogue& catalogue,
                                    const ProbeAddress& address) {
  const auto source = RenderServiceDiscovery(
      std::make_shared<const Catalogue>(catalogue), address);
  if (!source) return std::nullopt;
  return WholeBody(*source);
}

TEST(ServiceDiscoveryTest, IsAnEmptyListWithoutDatasets) {
  EXPECT_EQ(Rendered(Catalogue(), {.host = "exporter:10877"}), "[\n]\n");
}

TEST(ServiceDiscoveryTest, MakesATargetGroupOfEachDataset) {
  const Catalogue catalogue{{{.key = {"p1", "d1"},
                              .name = "street-signs",
                              .region = "cn-north-4",
                              .type = "0",
                              .labels = {{"team", "perception"}}},
                             {.key = {"p1", "d2"}}}};

  EXPECT_EQ(Rendered(catalogue, {.host = "exporter:10877"}),
            "[\n"
            R"({"targets":["exporter:10877"],"labels":{)"
            R"("__metrics_path__":"/probe",)"
            R"("__param_project_id":"p1","__param_dataset_id":"d1",)"
            R"("instance":"p1/d1",)"
            R"("__meta_modelarts_project_id":"p1",)"
            R"("__meta_modelarts_dataset_id":"d1",)"
            R"("__meta_modelarts_name":"street-signs",)"
            R"("__meta_modelarts_region":"cn-north-4",)"
            R"("__meta_modelarts_type":"0",)"
            R"("__meta_modelarts_label_team":"perception"}},)"
            "\n"
            R"({"targets":["exporter:10877"],"labels":{)"
            R"("__metrics_path__":"/probe",)"
            R"("__param_project_id":"p1","__param_dataset_id":"d2",)"
            R"("instance":"p1/d2",)"
            R"("__meta_modelarts_project_id":"p1",)"
            R"("__meta_modelarts_dataset_id":"d2",)"
            R"("__meta_modelarts_name":"","__meta_modelarts_region":"",)"
            R"("__meta_modelarts_type":""}})"
            "\n]\n");
}

TEST(ServiceDiscoveryTest, TakesHostsWithAndWithoutPort) {
  for (const char* host :
       {"exporter", "exporter:10877", "modelarts-0.exporter.svc:80",
        "127.0.0.1:10877", "[::1]:10877", "[fe80::1]", "under_score:1"}) {
    EXPECT_TRUE(Rendered(Catalogue(), {.host = host})) << host;
  }
}

TEST(ServiceDiscoveryTest, RefusesWhatIsNoHost) {
  for (const char* host :
       {"", ":10877", "host:", "host:port", "host:123456", "a b", "host/path",
        "http://host", "user@host", "host:1:2", "::1", "[::1", "[]", "[]:1",
        "[::1]1", "[evil.example]", "host,other", "h\"ost", "\xC3\xA4"}) {
    EXPECT_FALSE(Rendered(Catalogue(), {.host = host})) << host;
  }
  EXPECT_FALSE(Rendered(Catalogue(), {.host = std::string(300, 'a')}));
}

TEST(ServiceDiscoveryTest, StaysWellFormedWhateverTheNamesHold) {
  const Catalogue catalogue{
      {{.key = {"p", "d"}, .name = "\"]}<\xFF", .labels = {{"a", "\n"}}}}};

  const auto text = Rendered(catalogue, {.host = "h"});

  ASSERT_TRUE(text);
  const auto json = nlohmann::json::parse(*text);
  EXPECT_EQ(json[0]["labels"]["__meta_modelarts_name"], "\"]}<\uFFFD");
  EXPECT_EQ(json[0]["labels"]["__meta_modelarts_label_a"], "\n");
}

}  // namespace
}  // namespace exporter
