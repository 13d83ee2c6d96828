// What somebody may do: roles, everywhere or in namespaces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace limpet {

// Each role may do what those before it may.
//   viewer   read objects, their history, and the nodes
//   editor   change them
//   admin    restore and adopt; read the audit; hand out tokens
enum class Role { kViewer, kEditor, kAdmin };

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

struct Grant {
  Role role = Role::kViewer;
  std::string ns;  // empty: everywhere

  friend bool operator==(const Grant&, const Grant&) = default;
};

// "editor", "editor@shop"
std::string to_string(const Grant& grant);
absl::StatusOr<Grant> parse_grant(std::string_view text);

class Grants {
 public:
  Grants() = default;
  explicit Grants(std::vector<Grant> grants) : grants_(std::move(grants)) {}

  // `ns` empty: everywhere is asked for. What belongs to no namespace needs that, too.
  bool permit(Role role, std::string_view ns) const;
  // Somewhere at all: enough to see what belongs to no namespace.
  bool permit_anywhere(Role role) const;

  const std::vector<Grant>& all() const { return grants_; }
  bool empty() const { return grants_.empty(); }
  friend bool operator==(const Grants&, const Grants&) = default;

 private:
  std::vector<Grant> grants_;
};

// "viewer,editor@shop"; "nothing" for none.
std::string to_string(const Grants& grants);
absl::StatusOr<Grants> parse_grants(std::string_view text);

}  // namespace limpet
