// GEP-1619 has had two shapes. In the older one, `sessionName` and `cookieConfig` stand beside
// `type`; in the newer one `type` says which of `cookie` and `header` there is, and that has the
// name. Manifests of either are read; what one rule says in both would have no meaning.
#include "core/base/text.h"
#include "core/sticky/session_name.h"
#include "core/validate/http_route.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int64_t kMinSessionMs = 1'000;
constexpr int64_t kMaxSessionMs = int64_t{10} * 365 * 86'400'000;

// Of `cookieConfig` or `cookie`, in which the report stands.
void check_lifetime(const std::string& lifetime, const v1::SessionPersistence& persistence,
                    Report& report) {
  report.optional_one_of("lifetimeType", lifetime, {"Session", "Permanent"});
  if (lifetime == "Permanent" && persistence.absolute_timeout().empty()) {
    report.add("lifetimeType", "Permanent needs absoluteTimeout: how long the cookie is kept");
  }
}

void check_older_shape(const v1::SessionPersistence& persistence, bool header, Report& report) {
  const std::string& name = persistence.session_name();
  if (!name.empty()) {
    report.check("sessionName",
                 header ? check_session_header(name) : check_token(name, kMaxSessionName));
  }
  if (!persistence.has_cookie_config()) return;
  if (header) report.add("cookieConfig", "must be left out with type Header");
  const Scope scope(report, "cookieConfig");
  check_lifetime(persistence.cookie_config().lifetime_type(), persistence, report);
}

void check_cookie(const v1::SessionPersistence& persistence, bool header, Report& report) {
  if (!persistence.has_cookie()) return;
  if (header) report.add("cookie", "must be left out with type Header");
  const Scope scope(report, "cookie");
  const std::string& name = persistence.cookie().name();
  if (!name.empty()) report.check("name", check_token(name, kMaxSessionName));
  check_lifetime(persistence.cookie().lifetime_type(), persistence, report);
}

void check_header(const v1::SessionPersistence& persistence, bool header, Report& report) {
  if (!persistence.has_header()) return;
  if (!header) report.add("header", "needs type Header: without it sessions are known by a cookie");
  const Scope scope(report, "header");
  report.require("name", persistence.header().name(), check_session_header);
}

// The newer shape is what the Gateway API goes on with: that one is to be kept.
void check_one_shape(const v1::SessionPersistence& persistence, Report& report) {
  if (!persistence.has_cookie() && !persistence.has_header()) return;
  const std::string_view kept = persistence.has_header() ? "header" : "cookie";
  if (!persistence.session_name().empty()) {
    report.add("sessionName", str_cat("must be left out beside ", kept, ": keep ", kept, ".name"));
  }
  if (persistence.has_cookie_config() && persistence.has_cookie()) {
    report.add("cookieConfig", "must be left out beside cookie: keep cookie.lifetimeType");
  }
}

}  // namespace

void validate_persistence(const v1::SessionPersistence& persistence, Report& report) {
  const Scope scope(report, "sessionPersistence");
  report.optional_one_of("type", persistence.type(), {"Cookie", "Header"});
  const auto timeout = [&](std::string_view field, const std::string& value) {
    if (!value.empty()) report.check(field, check_duration(value, kMinSessionMs, kMaxSessionMs));
  };
  timeout("absoluteTimeout", persistence.absolute_timeout());
  timeout("idleTimeout", persistence.idle_timeout());
  const bool header = persistence.type() == "Header";
  check_older_shape(persistence, header, report);
  check_cookie(persistence, header, report);
  check_header(persistence, header, report);
  check_one_shape(persistence, report);
}

}  // namespace limpet
