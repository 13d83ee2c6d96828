#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class KeysTest : public testing::Test {
 protected:
  KeysTest() {
    gwctl.state.rotated.set_id(0x65540010);
    gwctl.state.rotated.set_began(true);
  }

  int64_t at(absl::Duration from_now) const { return absl::ToUnixMillis(gwctl.now + from_now); }
  // The new key, as far as it is, and the one before.
  v1::ListKeysResponse keys(bool mints, const std::vector<std::string>& missing = {}) const {
    v1::ListKeysResponse keys;
    auto& newest = *keys.add_keys();
    newest.set_id(0x65540010);
    newest.set_created_unix_ms(at(-absl::Seconds(4)));
    newest.set_mints(mints);
    newest.mutable_missing()->Assign(missing.begin(), missing.end());
    auto& before = *keys.add_keys();
    before.set_id(0x65530000);
    before.set_created_unix_ms(at(-absl::Hours(30)));
    before.set_mints(!mints);
    if (mints) before.set_opens_until_unix_ms(at(absl::Hours(24 * 7)));
    return keys;
  }

  Gwctl gwctl;
};

TEST_F(KeysTest, ListsThemNewestFirst) {
  gwctl.state.keys = {keys(false, {"n1", "n2"})};
  EXPECT_EQ(gwctl({"keys", "list"}), kOk);
  EXPECT_EQ(gwctl.out,
            "KEY        AGE   STATE    OPENS-FOR   MISSING-ON\n"
            "65540010   4s    coming   -           n1,n2\n"
            "65530000   30h   mints    -           -\n");
  EXPECT_EQ(gwctl.err, "");

  v1::ListKeysResponse later = keys(true);
  later.set_next_rotation_unix_ms(at(absl::Hours(23)));
  gwctl.state.keys = {later};
  EXPECT_EQ(gwctl({"keys", "list"}), kOk);
  EXPECT_EQ(gwctl.out,
            "KEY        AGE   STATE   OPENS-FOR   MISSING-ON\n"
            "65540010   4s    mints   -           -\n"
            "65530000   30h   opens   7d          -\n");
  EXPECT_EQ(gwctl.err, "The next key comes in 23h.\n");
}

TEST_F(KeysTest, RotateBegins) {
  EXPECT_EQ(gwctl({"keys", "rotate", "-m", "a disk was lost"}), kOk);
  EXPECT_EQ(gwctl.state.rotate_request.options().message(), "a disk was lost");
  EXPECT_EQ(gwctl.out, "key/65540010 coming\n");
  gwctl.state.rotated.set_began(false);
  EXPECT_EQ(gwctl({"keys", "rotate", "--dry-run", "--wait"}), kOk);
  EXPECT_TRUE(gwctl.state.rotate_request.options().validate_only());
  EXPECT_EQ(gwctl.out, "key/65540010 is coming already (server dry run)\n");
}

TEST_F(KeysTest, WaitsUntilItMints) {
  gwctl.state.keys = {keys(false, {"n1"}), keys(false), keys(true)};
  EXPECT_EQ(gwctl({"keys", "rotate", "--wait"}), kOk);
  EXPECT_EQ(gwctl.out, "key/65540010 coming\nkey/65540010 mints\n");
}

TEST_F(KeysTest, TellsWhomItWaitedFor) {
  gwctl.state.keys = {keys(false, {"n1", "n2"})};
  EXPECT_EQ(gwctl({"keys", "rotate", "--wait", "--timeout", "3s"}), kTimedOut);
  EXPECT_EQ(gwctl.err,
            "gwctl: stored, but the time is over: key 65540010 waits for n1, n2 to have it on "
            "disk\n");
  gwctl.state.keys = {v1::ListKeysResponse()};
  EXPECT_NE(gwctl({"keys", "rotate", "--wait"}), kOk);
  EXPECT_NE(gwctl.err.find("not there any more"), std::string::npos) << gwctl.err;
}

}  // namespace
}  // namespace limpet::cli::test
