#include "app/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/utf8.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;

// Listens as systemd does. `path` begins with '@' for the abstract namespace.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@') address.sun_path[0] = '\0';
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifySocket() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // What was sent; empty if nothing was.
  std::string Heard() const {
    char buffer[4097];  // systemd takes 4096.
    const ssize_t size = recv(socket_, buffer, sizeof(buffer), 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

TEST(ServiceManagerTest, SendsTheStateToASocketInTheFileSystem) {
  const TempFolder folder;
  const NotifySocket socket(folder.path() + "/notify");
  NotifyServiceManager("READY=1");
  EXPECT_EQ(socket.Heard(), "READY=1");
}

TEST(ServiceManagerTest, SendsTheStateToAnAbstractSocket) {
  const NotifySocket socket("@exporter-test-" + std::to_string(getpid()));
  NotifyServiceManager("STOPPING=1");
  EXPECT_EQ(socket.Heard(), "STOPPING=1");
}

TEST(ServiceManagerTest, SaysWhenAReloadBegan) {
  const TempFolder folder;
  const NotifySocket socket(folder.path() + "/notify");
  NotifyReloading();
  EXPECT_THAT(socket.Heard(),
              ContainsRegex("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$"));
}

TEST(ServiceManagerTest, SaysWhatBecameOfAReload) {
  const TempFolder folder;
  const NotifySocket socket(folder.path() + "/notify");
  NotifyReloaded(1, {});
  EXPECT_EQ(socket.Heard(),
            "READY=1\nSTATUS=Reload 1: the configuration is in force");
  const Fault fault = {
      .file = "a.yml", .line = 3, .column = 1, .what = "unknown key 'b'"};
  NotifyReloaded(2, {fault});
  EXPECT_EQ(socket.Heard(),
            "READY=1\nSTATUS=Reload 2 refused, the old configuration goes on: "
            "a.yml:3:1: unknown key 'b'");
  NotifyReloaded(3, {fault, fault});
  EXPECT_EQ(socket.Heard(),
            "READY=1\nSTATUS=Reload 3 refused, the old configuration goes on: "
            "2 faults, the first: a.yml:3:1: unknown key 'b'");
}

// Which would make another message of it, or one that systemd does not take.
TEST(ServiceManagerTest, SendsNoFaultAsItIs) {
  const TempFolder folder;
  const NotifySocket socket(folder.path() + "/notify");
  NotifyReloaded(1, {{.file = "a", .what = "b\nMAINPID=1\n\xff"}});
  EXPECT_EQ(socket.Heard(),
            "READY=1\nSTATUS=Reload 1 refused, the old configuration goes on: "
            "a: b MAINPID=1 \xef\xbf\xbd");
  std::string long_word;
  while (long_word.size() < 9000) long_word += "\xe6\x95\xb0";
  NotifyReloaded(2, {{.file = "a", .what = long_word}});
  const std::string heard = socket.Heard();
  EXPECT_LE(heard.size(), 4096u);
  EXPECT_TRUE(IsUtf8(heard));
}

TEST(ServiceManagerTest, DoesNothingWithoutAServiceManager) {
  unsetenv("NOTIFY_SOCKET");
  NotifyServiceManager("READY=1");
  for (const std::string& path :
       {std::string(), std::string("relative"), "/" + std::string(200, 'x'),
        std::string("/nowhere/notify")}) {
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    NotifyServiceManager("READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
}

class WatchdogTest : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
  }
};

TEST_F(WatchdogTest, IsDueTwiceInTheTimeThatSystemdGives) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(WatchdogInterval(), 15s);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(WatchdogInterval(), 15s);
}

TEST_F(WatchdogTest, IsNotForAnotherProcess) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
}

TEST_F(WatchdogTest, IsNoneWhereTheTimeIsNone) {
  EXPECT_EQ(WatchdogInterval(), std::nullopt);
  for (const char* time : {"", "0", "-5", "soon", "30s"}) {
    setenv("WATCHDOG_USEC", time, 1);
    EXPECT_EQ(WatchdogInterval(), std::nullopt) << time;
  }
}

}  // namespace
}  // namespace exporter
