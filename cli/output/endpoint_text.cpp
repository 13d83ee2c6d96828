#include "cli/output/endpoint_text.h"

#include <vector>

#include "cli/output/columns.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

using Endpoint = v1::ListEndpointsResponse::Endpoint;

std::string state_text(const Endpoint& endpoint) {
  if (endpoint.drain().over()) return "drained";
  if (endpoint.has_down()) return "down";
  if (endpoint.has_drain()) return "draining";
  if (endpoint.takes_new()) return "ready";
  return endpoint.serves_sessions() ? "draining" : "not ready";
}

// "2 up, 1 down"; "-" of one that no connected node has tried.
std::string nodes_text(const Endpoint& endpoint) {
  size_t up = 0;
  size_t down = 0;
  for (const v1::ListEndpointsResponse::Opinion& opinion : endpoint.opinions()) {
    up += opinion.health() == v1::HealthReport::UP ? 1 : 0;
    down += opinion.health() == v1::HealthReport::DOWN ? 1 : 0;
  }
  std::vector<std::string> parts;
  if (up > 0) parts.push_back(str_cat(up, " up"));
  if (down > 0) parts.push_back(str_cat(down, " down"));
  return parts.empty() ? "-" : join(parts, ", ");
}

// What single nodes tell; where none does, what the verdict was for.
std::string problems_text(const Endpoint& endpoint) {
  std::vector<std::string> problems;
  for (const v1::ListEndpointsResponse::Opinion& opinion : endpoint.opinions()) {
    if (opinion.health() != v1::HealthReport::DOWN) continue;
    problems.push_back(opinion.problem().empty()
                           ? opinion.node_id()
                           : str_cat(opinion.node_id(), ": ", opinion.problem()));
  }
  return problems.empty() ? endpoint.down().problem() : join(problems, "; ");
}

std::string since_text(const Endpoint& endpoint, absl::Time now) {
  const int64_t since =
      endpoint.has_down() ? endpoint.down().since_unix_ms() : endpoint.drain().since_unix_ms();
  return since == 0 ? "" : age(absl::FromUnixMillis(since), now);
}

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

Table endpoint_table(const v1::ListEndpointsResponse& response, bool wide, absl::Time now) {
  std::vector<std::string> header = {"NAME",     "PORT",  "ADDRESS", "NEW",
                                     "SESSIONS", "STATE", "NODES"};
  if (wide) header.insert(header.end(), {"SINCE", "PROBLEMS"});
  Table table(std::move(header));
  for (const Endpoint& endpoint : response.endpoints()) {
    std::vector<std::string> cells = {endpoint.name(),
                                      str_cat(endpoint.port()),
                                      join(endpoint.addresses(), ","),
                                      yes_or_no(endpoint.takes_new()),
                                      yes_or_no(endpoint.serves_sessions()),
                                      state_text(endpoint),
                                      nodes_text(endpoint)};
    if (wide) {
      cells.push_back(since_text(endpoint, now));
      cells.push_back(problems_text(endpoint));
    }
    table.add(std::move(cells));
  }
  return table;
}

std::string troubled_endpoints_text(const v1::ListEndpointsResponse& response, absl::Time now) {
  Table table({"  NAME", "PORT", "STATE", "NODES", "SINCE", "PROBLEMS"});
  for (const Endpoint& endpoint : response.endpoints()) {
    if (!endpoint.has_drain() && !endpoint.has_down()) continue;
    table.add({"  " + endpoint.name(), str_cat(endpoint.port()), state_text(endpoint),
               nodes_text(endpoint), since_text(endpoint, now), problems_text(endpoint)});
  }
  return table.empty() ? "" : "Drained or down:\n" + table.to_string();
}

}  // namespace limpet::cli
