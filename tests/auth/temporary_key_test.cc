#include "auth/temporary_key.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/replies.h"
#include "auth/secret_file.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

constexpr TemporaryKeyNames kNames = {"c", "i", "s", "t", "e"};

TEST(DecodeTemporaryKeyTest, ReadsTheKeyAndItsEnd) {
  const FakeClock clock;

  const auto key = DecodeTemporaryKey(
      R"({"c":{"i":"AK","s":"SK","t":"ST","e":"2024-01-01T01:00:00.000000Z",)"
      R"("more":1}})",
      kNames, clock.WallNow());

  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->key, (SigningKey{Secret("AK"), Secret("SK"), Secret("ST")}));
  EXPECT_EQ(key->end, clock.WallNow() + 1h);
}

TEST(DecodeTemporaryKeyTest, TakesAKeyWithoutAUsableEnd) {
  const FakeClock clock;
  for (const char* end : {"", R"(,"e":null)", R"(,"e":17)", R"(,"e":"soon")",
                          R"(,"e":"0001-01-01T00:00:00Z")",
                          R"(,"e":"1970-01-01T00:00:00.000Z")"}) {
    const auto key = DecodeTemporaryKey(
        std::string(R"({"c":{"i":"AK","s":"SK","t":"ST")") + end + "}}", kNames,
        clock.WallNow());
    ASSERT_TRUE(key) << end;
    EXPECT_FALSE(key->end) << end;
  }
}

TEST(DecodeTemporaryKeyTest, NamesTheMemberAtFaultAndQuotesNothing) {
  const FakeClock clock;
  const struct {
    std::string body;
    const char* why;
  } kCases[] = {
      {"", "'c'"},
      {"hush", "'c'"},
      {"[]", "'c'"},
      {"null", "'c'"},
      {R"({"c":"hush"})", "'c'"},
      {R"({"c":{}})", "'i'"},
      {R"({"c":{"i":1,"s":"hush","t":"hush"}})", "'i'"},
      {R"({"c":{"i":"","s":"hush","t":"hush"}})", "'i'"},
      {R"({"c":{"i":"AK","s":null,"t":"hush"}})", "'s'"},
      {R"({"c":{"i":"AK","s":"hush","t":"hush\r\nX: 1"}})", "'t'"},
      {R"({"c":{"i":"AK","s":"hush","t":"hush\u0000"}})", "'t'"},
      {R"({"c":{"i":"AK","s":"hush\ud83d","t":"hush"}})", "'s'"},
      {"{\"c\":{\"i\":\"AK\",\"s\":\"hush\",\"t\":\"hush\xE9\"}}", "'t'"},
      {R"({"c":{"i":"AK","s":"hush"}})", "'t'"},
      {R"({"c":{"i":"AK","s":"hush","t":")" +
           std::string(kMaxSecretBytes + 1, 'x') + "\"}}",
       "'t'"},
      {R"({"c":{"i":"AK","s":"hush","t":"hush","e":"2023-12-31T00:00:00Z"}})",
       "2023-12-31T00:00:00.000Z"},
      {std::string(1 << 20, '['), "'c'"},
  };
  for (const auto& [body, why] : kCases) {
    SCOPED_TRACE(body.substr(0, 80));
    const auto key = DecodeTemporaryKey(body, kNames, clock.WallNow());
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().kind, ErrorKind::kMalformed);
    EXPECT_NE(key.error().message.find(why), std::string::npos)
        << key.error().message;
    EXPECT_EQ(key.error().message.find("hush"), std::string::npos);
  }
}

class HeldKeyTest : public testing::Test {
 protected:
  WallTime Now() const { return clock_.WallNow(); }
  void Renew(const std::string& id) {
    key_.Begin();
    key_.Finish(
        TemporaryKey{{Secret(id), Secret("SK"), Secret("ST")}, Now() + 24h},
        Now());
  }

  FakeClock clock_;
  HeldKey key_{"no key", 40min};
};

TEST_F(HeldKeyTest, SignsWithTheLastKey) {
  Renew("AK1");
  Renew("AK2");

  const auto request = key_.Prove(Question(), Now());

  ASSERT_TRUE(request);
  EXPECT_TRUE(
      IsSignedWith(*request, {Secret("AK2"), Secret("SK"), Secret("ST")}));
}

TEST_F(HeldKeyTest, RaisesItsGenerationForADifferentKeyAlone) {
  Renew("AK1");
  const std::uint64_t generation = key_.Generation();

  Renew("AK1");
  EXPECT_EQ(key_.Generation(), generation);
  Renew("AK2");
  EXPECT_GT(key_.Generation(), generation);
}

TEST_F(HeldKeyTest, GivesUpOnlyTheKeyThatWasRefused) {
  Renew("AK1");
  const auto old = key_.Prove(Question(), Now());
  Renew("AK2");

  key_.Refused(*old);
  EXPECT_EQ(key_.State(Now()), Readiness::kReady);
  key_.Refused(*key_.Prove(Question(), Now()));
  EXPECT_EQ(key_.State(Now()), Readiness::kPending);
}

TEST_F(HeldKeyTest, SaysWhyThereIsNone) {
  key_.Begin();
  key_.Finish(Fail(ErrorKind::kConnect, "connection refused"), Now());

  const auto request = key_.Prove(Question(), Now());

  EXPECT_EQ(key_.State(Now()), Readiness::kNone);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(request.error().message, "no key: connection refused");
}

}  // namespace
}  // namespace exporter
