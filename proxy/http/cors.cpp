#include "proxy/http/cors.h"

#include <algorithm>
#include <iterator>

#include "core/base/text.h"

namespace limpet::http {
namespace {

std::string_view value_of(const RequestHead& head, std::string_view name) {
  for (const Field& field : head) {
    if (equals_ignore_case(field.name, name)) return field.value;
  }
  return {};
}

void append_line(std::string_view name, std::string_view value, std::string& out) {
  if (!value.empty()) out.append(name).append(": ").append(value).append("\r\n");
}

// "*" covers what the browser asks for. Said by name, it holds for requests with credentials, too,
// and for Authorization.
std::string_view named(const std::string& allowed, std::string_view asked) {
  return allowed == "*" ? asked : std::string_view(allowed);
}

}  // namespace

std::string_view origin_of(const RequestHead& head) { return value_of(head, "origin"); }

bool is_preflight(const RequestHead& head) {
  return head.method == "OPTIONS" && !origin_of(head).empty() &&
         !value_of(head, "access-control-request-method").empty();
}

void append_cors(const CorsFilter& cors, const RequestHead& head, std::string& out) {
  // Or a cache would give one origin's answer to another.
  const bool alike = cors.answers_all_alike();
  if (!alike) append_line("vary", "Origin", out);
  const std::string_view origin = origin_of(head);
  if (!alike && (origin.empty() || !cors.allows(origin))) return;
  append_line("access-control-allow-origin", alike ? "*" : origin, out);
  if (cors.credentials) append_line("access-control-allow-credentials", "true", out);
  if (!exposes_each(cors)) append_line("access-control-expose-headers", cors.exposed, out);
}

void append_preflight(const CorsFilter& cors, const RequestHead& head, std::string& out) {
  append_line("access-control-allow-methods",
              named(cors.methods, value_of(head, "access-control-request-method")), out);
  append_line("access-control-allow-headers",
              named(cors.headers, value_of(head, "access-control-request-headers")), out);
  append_line("access-control-max-age", str_cat(cors.max_age_s), out);
}

bool is_cors_field(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "access-control-allow-origin",   "access-control-allow-credentials",
      "access-control-allow-methods",  "access-control-allow-headers",
      "access-control-expose-headers", "access-control-max-age"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view own) { return equals_ignore_case(own, name); });
}

bool exposes_each(const CorsFilter& cors) { return cors.credentials && cors.exposed == "*"; }

void append_exposed(std::string_view lines, std::string& out) {
  std::string names;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    const std::string_view name = line.substr(0, line.find(':'));
    // Browsers show Set-Cookie to no page.
    if (!is_cors_field(name) && !equals_ignore_case(name, "set-cookie")) {
      names.append(names.empty() ? "" : ", ").append(name);
    }
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
  }
  append_line("access-control-expose-headers", names, out);
}

}  // namespace limpet::http
