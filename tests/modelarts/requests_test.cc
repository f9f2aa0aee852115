#include "modelarts/requests.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(SyncStatusUrlTest, NamesProjectAndDataset) {
  EXPECT_EQ(SyncStatusUrl("https://modelarts.example.com",
                          {.project_id = "p1", .dataset_id = "d1"}),
            "https://modelarts.example.com/v2/p1/datasets/d1/sync-data/status");
}

TEST(SyncStatusUrlTest, TakesEndpointsWithAPath) {
  for (const char* endpoint : {"http://h:1/ma", "http://h:1/ma/"}) {
    EXPECT_EQ(SyncStatusUrl(endpoint, {.project_id = "p", .dataset_id = "d"}),
              "http://h:1/ma/v2/p/datasets/d/sync-data/status");
  }
}

TEST(SyncStatusUrlTest, EncodesWhatIsNoPartOfASegment) {
  EXPECT_EQ(SyncStatusUrl("http://h", {.project_id = "p?",
                                       .dataset_id = "a b/%~\xE6\xA0\x87"}),
            "http://h/v2/p%3F/datasets/a%20b%2F%25~%E6%A0%87/sync-data/status");
}

TEST(DatasetListUrlTest, NamesThePage) {
  EXPECT_EQ(DatasetListUrl("http://h", "p", 3, ""),
            "http://h/v2/p/datasets?limit=100&offset=3");
  EXPECT_EQ(DatasetListUrl("http://h", "p", 0, "0&x"),
            "http://h/v2/p/datasets?limit=100&offset=0&workspace_id=0%26x");
}

TEST(AskModelArtsTest, AsksForJsonInEnglishInTheNameOfTheProject) {
  const HttpRequest request = AskModelArts("http://h/x", "p1");

  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "http://h/x");
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.headers, (std::vector<std::pair<std::string, std::string>>{
                                 {"Accept", "application/json"},
                                 {"X-Language", "en-us"},
                                 {"X-Project-Id", "p1"}}));
}

}  // namespace
}  // namespace exporter
