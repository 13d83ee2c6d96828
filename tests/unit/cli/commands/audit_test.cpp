#include <gtest/gtest.h>

#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

TEST(Audit, ShowsWhoDidWhat) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"audit"}), kOk);
  EXPECT_EQ(gwctl.err, "Nothing was done yet.\n");
  v1::ListAuditResponse::Record& record = *gwctl.state.audit.add_records();
  record.set_id(4);
  record.set_unix_ms(1'699'999'995'000);
  record.set_actor("alice");
  record.set_peer("ipv4:127.0.0.1:4711");
  record.set_action("apply");
  record.set_revision(7);
  EXPECT_EQ(gwctl({"audit"}), kOk);
  EXPECT_EQ(gwctl.out,
            "ID   AGE   ACTOR   PEER                  ACTION   REVISION   MESSAGE\n"
            "4    5s    alice   ipv4:127.0.0.1:4711   apply    7          <none>\n");
  EXPECT_EQ(gwctl({"audit", "-o", "yaml"}), kOk);
  EXPECT_NE(gwctl.out.find("  revision: 7\n"), std::string::npos) << gwctl.out;
}

}  // namespace
}  // namespace limpet::cli::test
