#include "server/drain.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "server/service_endpoints.h"

namespace limpet {
namespace {

constexpr size_t kNamed = 5;  // in a message

std::vector<Violation> check(const v1::DrainRequest& request, int64_t now_unix_ms) {
  std::vector<Violation> violations;
  if (request.service().empty()) {
    violations.push_back({"service", "is required: whose endpoints are meant"});
  }
  if (request.endpoints().empty()) {
    violations.push_back({"endpoints", "is required: by name, or address with or without port"});
  }
  const int64_t deadline = request.deadline_unix_ms();
  if (request.undo() && deadline != 0) {
    violations.push_back({"deadline_unix_ms", "does not go with undo"});
  } else if (deadline != 0 && deadline < now_unix_ms) {
    violations.push_back(
        {"deadline_unix_ms", str_cat("is in the past: it is ", now_unix_ms, " by the server's ",
                                     "clock; give a later time, or 0 for none")});
  }
  return violations;
}

v1::EndpointState state_of(const Entry& entry) {
  v1::EndpointState state;
  if (!state.ParseFromString(entry.bytes)) state.Clear();
  return state;
}

void change_drain(const v1::DrainRequest& request, int64_t now_unix_ms, v1::EndpointState& state) {
  if (request.undo()) return state.clear_drain();
  const bool drained = state.has_drain();
  v1::EndpointDrain& drain = *state.mutable_drain();
  if (!drained) drain.set_since_unix_ms(now_unix_ms);
  if (drain.deadline_unix_ms() == request.deadline_unix_ms()) return;
  drain.set_deadline_unix_ms(request.deadline_unix_ms());
  drain.set_over(false);
}

void store(const Entry& stored, const v1::EndpointState& state, uint64_t revision, Plan& plan) {
  std::string bytes = serialize(state);
  const bool changes = bytes != stored.bytes;
  plan.results.push_back(result_of(
      stored.key, changes ? v1::ObjectResult::CONFIGURED : v1::ObjectResult::UNCHANGED));
  if (!changes) return;
  auto entry = std::make_shared<Entry>();
  entry->key = stored.key;
  entry->revision = revision;
  entry->bytes = std::move(bytes);
  plan.batch.upserts.push_back({std::move(entry), "", 0});
}

template <typename Texts>
std::string first_of(const Texts& texts) {
  const auto shown = std::min<size_t>(kNamed, static_cast<size_t>(texts.size()));
  std::vector<std::string> named;
  for (const std::string& text : texts) {
    if (named.size() == shown) break;
    named.push_back(text.substr(0, 100));  // what is longer names nothing
  }
  const size_t more = static_cast<size_t>(texts.size()) - shown;
  return more == 0 ? join(named, ", ") : str_cat(join(named, ", "), " and ", more, " more");
}

}  // namespace

ServiceName service_of(const v1::DrainRequest& request) {
  return {request.namespace_().empty() ? "default" : request.namespace_(), request.service()};
}

std::string describe_drain(const v1::DrainRequest& request) {
  const auto named = [](std::string_view text) { return text.substr(0, 100); };
  const ServiceName service = service_of(request);
  return str_cat(request.endpoints_size() == 1 ? "endpoint " : "endpoints ",
                 first_of(request.endpoints()), " of ", named(service.first), "/",
                 named(service.second));
}

absl::StatusOr<Plan> plan_drain(const Snapshot& before, const SliceIndex& index,
                                const v1::DrainRequest& request, const ChangeContext& context) {
  Plan plan;
  plan.violations = check(request, context.now_unix_ms);
  if (!plan.violations.empty()) return plan;
  const ServiceName service = service_of(request);
  if (before.find({"Service", service.first, service.second}) == nullptr) {
    return absl::NotFoundError(
        str_cat("not found: Service ", service.first, "/", service.second));
  }
  const std::vector<ServiceEndpoint> all = endpoints_of(before, index, service);
  std::set<EntryKey> seen;
  for (const std::string& text : request.endpoints()) {
    const auto found = find_endpoints(all, service, text);
    if (!found.ok()) return found.status();
    for (const ServiceEndpoint& endpoint : *found) {
      const EntryPtr stored = before.find(endpoint.state);
      if (stored == nullptr || !seen.insert(endpoint.state).second) continue;
      v1::EndpointState state = state_of(*stored);
      change_drain(request, context.now_unix_ms, state);
      store(*stored, state, before.id().revision + 1, plan);
    }
  }
  return plan;
}

Plan plan_drains_over(const Snapshot& before, std::span<const EntryKey> states,
                      int64_t now_unix_ms) {
  Plan plan;
  for (const EntryKey& key : states) {
    const EntryPtr stored = before.find(key);
    if (stored == nullptr) continue;
    v1::EndpointState state = state_of(*stored);
    const v1::EndpointDrain& drain = state.drain();
    const bool due = state.has_drain() && !drain.over() && drain.deadline_unix_ms() != 0 &&
                     drain.deadline_unix_ms() <= now_unix_ms;
    if (!due) continue;
    state.mutable_drain()->set_over(true);
    store(*stored, state, before.id().revision + 1, plan);
  }
  return plan;
}

std::string describe_drains_over(std::span<const EntryKey> states) {
  std::vector<std::string> names;
  for (const EntryKey& key : states) {
    names.push_back(str_cat(key.ns, "/", key.name.substr(0, key.name.find('/')), " ",
                            endpoint_of_state(key.name)));
  }
  return first_of(names);
}

void tell_results(const std::vector<v1::ObjectResult>& results, v1::DrainResponse& response) {
  for (const v1::ObjectResult& result : results) {
    const std::string name(endpoint_of_state(result.key().name()));
    if (result.outcome() == v1::ObjectResult::UNCHANGED) {
      response.add_unchanged(name);
    } else {
      response.add_endpoints(name);
    }
  }
}

std::optional<v1::EndpointDrain> drain_of(const Entry& entry) {
  const v1::EndpointState state = state_of(entry);
  return state.has_drain() ? std::optional(state.drain()) : std::nullopt;
}

}  // namespace limpet
