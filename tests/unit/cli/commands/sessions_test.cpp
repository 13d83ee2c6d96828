#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class SessionEvict : public testing::Test {
 protected:
  Gwctl gwctl;
};

TEST_F(SessionEvict, SaysWhoseSessionsAreOver) {
  EXPECT_EQ(gwctl({"session", "evict", "--service", "pipy", "-n", "server", "-m", "why"}), kOk);
  EXPECT_EQ(gwctl.out, "service/pipy sessions evicted\n");
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(gwctl.state.evict_request.namespace_(), "server");
  EXPECT_EQ(gwctl.state.evict_request.service(), "pipy");
  EXPECT_EQ(gwctl.state.evict_request.endpoint(), "");
  EXPECT_EQ(gwctl.state.options.message(), "why");
  EXPECT_EQ(gwctl.state.waited_for, 0U);
}

TEST_F(SessionEvict, OfOneEndpointNamesIt) {
  EXPECT_EQ(gwctl({"session", "evict", "--service", "pipy", "--endpoint", "10.0.0.1",
                   "--dry-run", "--wait"}),
            kOk);
  EXPECT_EQ(gwctl.out, "service/pipy sessions of endpoint <10.0.0.1> evicted (server dry run)\n");
  EXPECT_TRUE(gwctl.state.options.validate_only());
  EXPECT_EQ(gwctl.state.waited_for, 0U) << "nothing has changed";
}

TEST_F(SessionEvict, WaitsForTheNodes) {
  v1::WaitActiveResponse done;
  done.set_connected(1);
  done.set_done(true);
  gwctl.state.progress = {done};
  EXPECT_EQ(gwctl({"session", "evict", "--service", "pipy", "--wait"}), kOk);
  EXPECT_EQ(gwctl.state.waited_for, 1U);
}

TEST_F(SessionEvict, SaysWhatIsWrong) {
  EXPECT_EQ(gwctl({"session", "evict"}), kUsage);
  gwctl.state.error = absl::NotFoundError("not found: Service default/pipy");
  EXPECT_EQ(gwctl({"session", "evict", "--service", "pipy"}), kNotFound);
  EXPECT_EQ(gwctl.err, "gwctl: not found: Service default/pipy\n");
  gwctl.state.error = absl::OkStatus();
  EXPECT_EQ(gwctl({"session", "evict", "--service", "pipy", "--expected-revision", "9"}),
            kConflict);
}

class SessionExplain : public testing::Test {
 protected:
  SessionExplain() { gwctl.state.explained.set_status("ok"); }
  Gwctl gwctl;
};

TEST_F(SessionExplain, TellsWhatTheServerSays) {
  EXPECT_EQ(gwctl({"session", "explain", "_srv_id=abc", "--name", "_srv_id"}), kOk);
  EXPECT_EQ(gwctl.state.explain_request.token(), "_srv_id=abc");
  EXPECT_EQ(gwctl.state.explain_request.name(), "_srv_id");
  EXPECT_TRUE(gwctl.out.starts_with("Status:       ok\n")) << gwctl.out;
  EXPECT_EQ(gwctl.err, "");
}

TEST_F(SessionExplain, ReadsTheTokenFromStandardInput) {
  gwctl.input = "_srv_id=abc\nmore\n";
  EXPECT_EQ(gwctl({"session", "explain", "-"}), kOk);
  EXPECT_EQ(gwctl.state.explain_request.token(), "_srv_id=abc");
}

TEST_F(SessionExplain, IsForProgramsToo) {
  EXPECT_EQ(gwctl({"session", "explain", "abc", "-o", "json"}), kOk);
  EXPECT_TRUE(contains(gwctl.out, "\"status\": \"ok\"")) << gwctl.out;
  EXPECT_TRUE(contains(gwctl.out, "\"places\": []")) << gwctl.out;
  EXPECT_EQ(gwctl({"session", "explain", "abc", "-o", "yaml"}), kOk);
  EXPECT_TRUE(gwctl.out.starts_with("status: ok\n")) << gwctl.out;
}

TEST_F(SessionExplain, ATokenThatDoesNotOpenIsAnAnswerAndAFailure) {
  gwctl.state.explained.set_status("malformed");
  EXPECT_EQ(gwctl({"session", "explain", "abc"}), kFailed);
  EXPECT_EQ(gwctl.out, "Status:       malformed\n");
  EXPECT_EQ(gwctl.err, "gwctl: the token does not open: it is no session token\n");
}

TEST_F(SessionExplain, ErrorsAreOtherThanATokenThatDoesNotOpen) {
  gwctl.state.error = absl::InternalError("broken");
  EXPECT_EQ(gwctl({"session", "explain", "abc"}), kUnreachable);
  EXPECT_EQ(gwctl({"session", "explain"}), kUsage);
  EXPECT_EQ(gwctl({"session"}), kUsage);
}

}  // namespace
}  // namespace limpet::cli::test
