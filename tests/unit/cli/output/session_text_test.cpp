#include "cli/output/session_text.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::ExplainSessionResponse opened() {
  v1::ExplainSessionResponse session;
  session.set_status("ok");
  session.set_name("_srv_id");
  session.set_key_id(0x6565F2A1);
  session.set_node_number(77);
  session.set_sealed_by("node-1");
  session.set_session_id(0xABCDEF);
  return session;
}

TEST(SessionText, TellsThePlaceAndWhatTheNextRequestMeets) {
  v1::ExplainSessionResponse session = opened();
  auto& place = *session.add_places();
  place.set_scope("Service server/pipy:8080");
  place.set_policy("SessionStickyPolicy server/sticky");
  place.set_service("server/pipy:8080");
  place.set_endpoint("e1");
  place.set_created_unix_s(1'700'000'000 - 300);
  place.set_last_seen_unix_s(1'700'000'000 - 60);
  place.set_expires_unix_s(1'700'000'000 + 300);
  place.mutable_decided_at()->set_revision(4);
  auto& head = *place.add_verdicts();
  head.mutable_state()->set_revision(5);
  head.set_reason("evicted");
  head.set_change("bind");
  auto& node = *place.add_verdicts();
  node.set_node("node-1");
  node.mutable_state()->set_revision(4);
  node.set_reason("hit");
  node.set_endpoint("e1");
  node.set_change("none");
  auto& lost = *place.add_verdicts();
  lost.set_node("node-2");
  lost.mutable_state()->set_revision(1);
  lost.set_reason("unknown");
  EXPECT_EQ(session_text(session, kNow),
            "Status:       ok\n"
            "Session:      0000000000abcdef\n"
            "Name:         _srv_id\n"
            "Sealed by:    node-1 (number 77)\n"
            "Key:          6565f2a1\n"
            "\n"
            "Scope:        Service server/pipy:8080\n"
            "Policy:       SessionStickyPolicy server/sticky\n"
            "Endpoint:     e1\n"
            "Created:      2023-11-14T22:08:20Z (5m ago)\n"
            "Last seen:    2023-11-14T22:12:20Z (60s ago)\n"
            "Expires:      2023-11-14T22:18:20Z (in 5m)\n"
            "Decided at:   revision 4\n"
            "\n"
            "NODE       REVISION   REASON    ENDPOINT     TOKEN\n"
            "(server)   5          evicted   (balanced)   bind\n"
            "node-1     4          hit       e1           none\n"
            "node-2     1          unknown   <none>       <none>\n");
}

TEST(SessionText, TellsWhatIsNotThereAnyMore) {
  v1::ExplainSessionResponse session = opened();
  session.clear_sealed_by();
  EXPECT_TRUE(session_text(session, kNow).ends_with("\nThe session has no place yet.\n"));
  auto& place = *session.add_places();
  place.set_temporary("e2");
  place.set_idle_until_unix_s(1'700'000'000 - 5);
  auto& head = *place.add_verdicts();
  head.set_reason("unavailable");
  head.set_change("none");
  head.set_refused(true);
  const std::string text = session_text(session, kNow);
  for (const char* line :
       {"Sealed by:    a node that is not connected (number 77)\n",
        "Scope:        (not known now)\n", "Service:      (not known now)\n",
        "Policy:       <none>\n", "Endpoint:     (not listed now)\n", "Stand-in:     e2\n",
        "Idle until:   2023-11-14T22:13:15Z (5s ago)\n",
        "(server)   0          unavailable   (503)      none\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("Expires:"), std::string::npos);
}

TEST(SessionText, OfATokenThatDoesNotOpenTellsNothingThatItMayHaveMadeUp) {
  v1::ExplainSessionResponse session;
  session.set_status("tampered");
  session.set_key_id(1);
  session.set_node_number(77);
  session.set_sealed_by("node-1");
  EXPECT_EQ(session_text(session, kNow),
            "Status:       tampered\n"
            "Names key:    00000001\n");
  EXPECT_EQ(unopened_text("ok"), "");
  EXPECT_EQ(unopened_text("malformed"), "it is no session token");
  for (const char* status : {"ahead", "key lost", "tampered"}) {
    EXPECT_NE(unopened_text(status), "") << status;
  }
}

}  // namespace
}  // namespace limpet::cli
