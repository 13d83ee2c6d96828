#include "server/access/grants.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 3> kRoles = {
    {{Role::kViewer, "viewer"}, {Role::kEditor, "editor"}, {Role::kAdmin, "admin"}}};

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [each, name] : kRoles) {
    if (each == role) return name;
  }
  return "unknown";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoles) {
    if (name == text) return role;
  }
  return std::nullopt;
}

std::string to_string(const Grant& grant) {
  return grant.ns.empty() ? std::string(to_string(grant.role))
                          : str_cat(to_string(grant.role), "@", grant.ns);
}

absl::StatusOr<Grant> parse_grant(std::string_view text) {
  const size_t at = text.find('@');
  const std::optional<Role> role = parse_role(text.substr(0, at));
  if (!role || at + 1 == text.size()) {
    return absl::InvalidArgumentError(
        str_cat("\"", text, "\" must be viewer, editor or admin, or that with @NAMESPACE"));
  }
  return Grant{*role, at == std::string_view::npos ? "" : std::string(text.substr(at + 1))};
}

bool Grants::permit(Role role, std::string_view ns) const {
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return grant.role >= role && (grant.ns.empty() || (!ns.empty() && grant.ns == ns));
  });
}

bool Grants::permit_anywhere(Role role) const {
  return std::ranges::any_of(grants_, [&](const Grant& grant) { return grant.role >= role; });
}

std::string to_string(const Grants& grants) {
  std::vector<std::string> parts;
  for (const Grant& grant : grants.all()) parts.push_back(to_string(grant));
  return parts.empty() ? "nothing" : join(parts, ",");
}

absl::StatusOr<Grants> parse_grants(std::string_view text) {
  std::vector<Grant> grants;
  while (!text.empty() && text != "nothing") {
    const size_t comma = std::min(text.find(','), text.size());
    absl::StatusOr<Grant> grant = parse_grant(text.substr(0, comma));
    if (!grant.ok()) return grant.status();
    grants.push_back(*std::move(grant));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return Grants(std::move(grants));
}

}  // namespace limpet
