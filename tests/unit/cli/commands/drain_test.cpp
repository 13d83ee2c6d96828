#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class DrainTest : public testing::Test {
 protected:
  DrainTest() {
    gwctl.state.drained.mutable_state()->set_revision(7);
    gwctl.state.drained.add_endpoints("pipy-0");
  }

  v1::GetDrainResponse draining(const std::string& endpoint) const {
    v1::GetDrainResponse drain;
    drain.set_endpoint(endpoint);
    drain.set_draining(true);
    drain.set_revision(7);
    return drain;
  }
  v1::GetDrainResponse pending(const std::string& endpoint, const std::string& node) const {
    v1::GetDrainResponse drain = draining(endpoint);
    drain.add_pending(node);
    return drain;
  }
  v1::GetDrainResponse free_after(const std::string& endpoint, absl::Duration time) const {
    v1::GetDrainResponse drain = draining(endpoint);
    drain.set_free_unix_ms(absl::ToUnixMillis(gwctl.now + time));
    return drain;
  }
  v1::GetDrainResponse safe(const std::string& endpoint) const {
    v1::GetDrainResponse drain = draining(endpoint);
    drain.set_safe_to_stop(true);
    return drain;
  }

  Gwctl gwctl;
};

TEST_F(DrainTest, SendsWhatIsAskedFor) {
  gwctl.state.drained.add_unchanged("10.0.0.7:8080");
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "10.0.0.7", "-n", "server", "--deadline", "10m", "-m",
                   "new node"}),
            kOk);
  const v1::DrainRequest& request = gwctl.state.drain_request;
  EXPECT_EQ(request.namespace_(), "server");
  EXPECT_EQ(request.service(), "pipy");
  EXPECT_EQ(request.endpoints(1), "10.0.0.7");
  EXPECT_EQ(request.deadline_unix_ms(), 1'700'000'600'000);
  EXPECT_FALSE(request.undo());
  EXPECT_EQ(request.options().message(), "new node");
  EXPECT_EQ(gwctl.out,
            "service/pipy endpoint pipy-0 draining\n"
            "service/pipy endpoint 10.0.0.7:8080 unchanged\n");
}

TEST_F(DrainTest, WithoutADeadlineThereIsNone) {
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--dry-run"}), kOk);
  EXPECT_EQ(gwctl.state.drain_request.deadline_unix_ms(), 0);
  EXPECT_EQ(gwctl.state.drain_request.namespace_(), "default");
  EXPECT_TRUE(gwctl.state.drain_request.options().validate_only());
  EXPECT_EQ(gwctl.out, "service/pipy endpoint pipy-0 draining (server dry run)\n");
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--deadline", "-2s"}), kUsage);
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--deadline", "soon"}), kUsage);
  EXPECT_EQ(gwctl({"drain", "pipy"}), kUsage);
}

TEST_F(DrainTest, UndrainUndoes) {
  EXPECT_EQ(gwctl({"undrain", "pipy", "pipy-0", "--expected-revision", "6"}), kOk);
  EXPECT_TRUE(gwctl.state.drain_request.undo());
  EXPECT_EQ(gwctl.state.drain_request.options().expected_revision(), 6U);
  EXPECT_EQ(gwctl.out, "service/pipy endpoint pipy-0 undrained\n");
  EXPECT_EQ(gwctl.state.waited_for, 0U);

  v1::WaitActiveResponse done;
  done.set_connected(1);
  done.set_done(true);
  gwctl.state.progress = {done};
  EXPECT_EQ(gwctl({"undrain", "pipy", "pipy-0", "--wait"}), kOk);
  EXPECT_EQ(gwctl.state.waited_for, 7U);
}

TEST_F(DrainTest, TellsTheServersRefusal) {
  gwctl.state.error = absl::NotFoundError("Service server/pipy has no endpoint x; it has pipy-0");
  EXPECT_EQ(gwctl({"drain", "pipy", "x"}), kNotFound);
  EXPECT_EQ(gwctl.err, "gwctl: Service server/pipy has no endpoint x; it has pipy-0\n");
}

TEST_F(DrainTest, WaitsForNodesThenForSessions) {
  gwctl.terminal = true;
  gwctl.state.drained.add_unchanged("pipy-1");
  gwctl.state.drains["pipy-0"] = {pending("pipy-0", "node-2"),
                                  free_after("pipy-0", absl::Minutes(12)), safe("pipy-0")};
  gwctl.state.drains["pipy-1"] = {safe("pipy-1")};
  v1::WaitActiveResponse done;
  done.set_done(true);
  gwctl.state.progress = {done};
  const absl::Time start = gwctl.now;
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "pipy-1", "--wait"}), kOk);
  EXPECT_EQ(gwctl.state.waited_for, 7U) << "the server tells when the nodes are there";
  EXPECT_EQ(gwctl.now, start + absl::Seconds(10)) << "it asks again now and then";
  EXPECT_EQ(gwctl.out,
            "service/pipy endpoint pipy-0 draining\n"
            "service/pipy endpoint pipy-1 unchanged\n"
            "service/pipy endpoint pipy-1 safe to stop\n"
            "service/pipy endpoint pipy-0 safe to stop\n");
  EXPECT_NE(gwctl.err.find("1 of 2 endpoints safe to stop; pipy-0 waits for node-2 to serve "
                           "revision 7"),
            std::string::npos)
      << gwctl.err;
  EXPECT_NE(gwctl.err.find("pipy-0 may have sessions until 2023-11-14 22:25:20Z"),
            std::string::npos)
      << gwctl.err;
}

TEST_F(DrainTest, AsksWhenTheTimeHasComeAndSoonAgain) {
  gwctl.state.drains["pipy-0"] = {free_after("pipy-0", absl::Seconds(2)),
                                  free_after("pipy-0", absl::Seconds(2)), safe("pipy-0")};
  const absl::Time start = gwctl.now;
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--wait"}), kOk);
  EXPECT_EQ(gwctl.now, start + absl::Milliseconds(2200));
}

TEST_F(DrainTest, TheTimeMayBeOver) {
  v1::GetDrainResponse never = free_after("pipy-0", absl::Hours(1));
  never.add_disconnected("node-3");
  gwctl.state.drains["pipy-0"] = {never};
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--wait", "--timeout", "25s"}), kTimedOut);
  EXPECT_EQ(gwctl.out, "service/pipy endpoint pipy-0 draining\n");
  EXPECT_EQ(gwctl.err,
            "node node-3 is not connected: it may not know of this, and send sessions there until "
            "it is\n"
            "gwctl: stored, but the time is over: pipy-0 may have sessions until "
            "2023-11-14 23:13:20Z\n");
}

TEST_F(DrainTest, WarnsOfNodesThatAreNotConnected) {
  v1::GetDrainResponse drain = safe("pipy-0");
  drain.add_disconnected("node-3");
  gwctl.state.drains["pipy-0"] = {drain};
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--wait"}), kOk);
  EXPECT_EQ(gwctl.err,
            "node node-3 is not connected: it may not know of this, and send sessions there until "
            "it is\n");
}

TEST_F(DrainTest, SomebodyElseMayEndIt) {
  v1::GetDrainResponse undone;
  undone.set_endpoint("pipy-0");
  gwctl.state.drains["pipy-0"] = {undone};
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--wait"}), kConflict);
  gwctl.state.drains.clear();
  EXPECT_EQ(gwctl({"drain", "pipy", "pipy-0", "--wait"}), kNotFound) << "no longer listed";
}

}  // namespace
}  // namespace limpet::cli::test
