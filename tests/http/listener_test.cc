#include "http/listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace exporter {
namespace {

TEST(ListenTest, ServesBothFamiliesWithoutAHost) {
  const auto listeners = Listen({.host = "", .port = 0});

  ASSERT_TRUE(listeners) << listeners.error().message;
  ASSERT_EQ(listeners->size(), 1U);
  const std::string& address = listeners->front().address;
  EXPECT_TRUE(address.starts_with("[::]:") || address.starts_with("0.0.0.0:"))
      << address;
}

bool TakesIpv4(const Listener& listener) {
  int v6_only = 1;
  socklen_t size = sizeof v6_only;
  getsockopt(listener.socket.Get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size);
  return v6_only == 0;
}

TEST(ListenTest, ServesBothFamiliesOnTheIpv6WildcardAlone) {
  const auto wildcard = Listen({.host = "::", .port = 0});
  if (!wildcard) GTEST_SKIP() << "no IPv6: " << wildcard.error().message;
  EXPECT_TRUE(TakesIpv4(wildcard->front()));

  const auto loopback = Listen({.host = "::1", .port = 0});
  if (!loopback) GTEST_SKIP() << "no ::1: " << loopback.error().message;
  EXPECT_FALSE(TakesIpv4(loopback->front()));
}

TEST(ListenTest, NamesWhatItBound) {
  const auto listeners = Listen({.host = "127.0.0.1", .port = 0});

  ASSERT_TRUE(listeners) << listeners.error().message;
  EXPECT_TRUE(listeners->front().address.starts_with("127.0.0.1:"));
  EXPECT_FALSE(listeners->front().address.ends_with(":0"));
}

TEST(ListenTest, SaysWhyNot) {
  const auto foreign = Listen({.host = "192.0.2.1", .port = 0});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().message,
            "listening on 192.0.2.1:0: Cannot assign requested address");

  const auto unknown = Listen({.host = "no such host", .port = 1});
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(
      unknown.error().message.starts_with("listening on no such host:1: "));
}

TEST(ListenTest, TheWildcardSeesAnAddressInUse) {
  const auto first = Listen({.host = "", .port = 0});
  ASSERT_TRUE(first);
  const std::string& address = first->front().address;
  const auto port = static_cast<std::uint16_t>(
      std::stoul(address.substr(address.rfind(':') + 1)));

  const auto second = Listen({.host = "", .port = port});

  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().message.ends_with("Address already in use"))
      << second.error().message;
}

}  // namespace
}  // namespace exporter
