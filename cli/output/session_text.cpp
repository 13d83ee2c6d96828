#include "cli/output/session_text.h"

#include "cli/output/columns.h"
#include "cli/output/label.h"
#include "cli/output/table.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

using Place = v1::ExplainSessionResponse::Place;
using Verdict = v1::ExplainSessionResponse::Verdict;

std::string id_text(uint64_t id) { return str_cat(absl::Hex(id, absl::kZeroPad16)); }

std::string key_text(uint32_t id) { return str_cat(absl::Hex(id, absl::kZeroPad8)); }

std::string sealer_text(const v1::ExplainSessionResponse& session) {
  const std::string number = str_cat("number ", session.node_number());
  if (session.sealed_by().empty()) return str_cat("a node that is not connected (", number, ")");
  return str_cat(session.sealed_by(), " (", number, ")");
}

// "2026-11-23T10:24:49Z (5m ago)", or "(in 5m)".
std::string moment_text(int64_t unix_s, absl::Time now) {
  if (unix_s == 0) return {};
  const absl::Time time = absl::FromUnixSeconds(unix_s);
  if (time <= now) return time_text(time, now);
  return str_cat(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()), " (in ",
                 age(now, time), ")");
}

std::string endpoint_text(const Verdict& verdict) {
  if (!verdict.endpoint().empty()) return verdict.endpoint();
  if (verdict.refused()) return "(503)";
  // Empty where nobody has decided anything.
  return verdict.change().empty() ? "" : "(balanced)";
}

std::string verdicts_text(const Place& place) {
  Table table({"NODE", "REVISION", "REASON", "ENDPOINT", "TOKEN"});
  for (const Verdict& verdict : place.verdicts()) {
    table.add({verdict.node().empty() ? "(server)" : verdict.node(),
               str_cat(verdict.state().revision()), verdict.reason(), endpoint_text(verdict),
               verdict.change()});
  }
  return table.to_string();
}

std::string place_text(const Place& place, absl::Time now) {
  const std::string_view unknown = "(not known now)";
  std::string out = label_line("Scope", place.scope().empty() ? unknown : place.scope());
  if (!place.scope().starts_with("Service ")) {
    out += label_line("Service", place.service().empty() ? unknown : place.service());
  }
  out += label_line("Policy", place.policy());
  out += label_line("Endpoint", place.endpoint().empty() ? "(not listed now)" : place.endpoint());
  if (!place.temporary().empty()) out += label_line("Stand-in", place.temporary());
  out += label_line("Created", moment_text(place.created_unix_s(), now));
  out += label_line("Last seen", moment_text(place.last_seen_unix_s(), now));
  if (place.expires_unix_s() != 0) {
    out += label_line("Expires", moment_text(place.expires_unix_s(), now));
  }
  if (place.idle_until_unix_s() != 0) {
    out += label_line("Idle until", moment_text(place.idle_until_unix_s(), now));
  }
  out += label_line("Decided at", str_cat("revision ", place.decided_at().revision()));
  return str_cat(out, "\n", verdicts_text(place));
}

}  // namespace

std::string session_text(const v1::ExplainSessionResponse& session, absl::Time now) {
  std::string out = label_line("Status", session.status());
  if (session.status() != "ok") {
    // Nobody vouches for more than that.
    if (session.key_id() != 0) out += label_line("Names key", key_text(session.key_id()));
    return out;
  }
  out += label_line("Session", id_text(session.session_id()));
  out += label_line("Name", session.name());
  out += label_line("Sealed by", sealer_text(session));
  out += label_line("Key", key_text(session.key_id()));
  if (session.places().empty()) out += "\nThe session has no place yet.\n";
  for (const Place& place : session.places()) out += str_cat("\n", place_text(place, now));
  return out;
}

std::string_view unopened_text(std::string_view status) {
  if (status == "ok") return "";
  if (status == "malformed") return "it is no session token";
  if (status == "ahead") return "its key or its format is newer than what the server knows";
  if (status == "key lost") return "its key is not kept any more";
  return "its seal does not hold: it was changed, is another cluster's, or is of a cookie that no "
         "policy names now (then --name says which)";
}

}  // namespace limpet::cli
