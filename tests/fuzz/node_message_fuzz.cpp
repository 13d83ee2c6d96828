// The server's end of the stream: messages of nodes that are not to be trusted.
#include <optional>

#include "core/snapshot/wire.h"
#include "manifest/utf8.h"
#include "server/health_findings.h"
#include "server/node_session.h"
#include "server/publisher.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);

Snapshot at(uint64_t revision) {
  Snapshot snapshot;
  for (uint64_t r = 1; r <= revision; ++r) {
    const auto entry =
        std::make_shared<const Entry>(Entry{{"Service", "shop", "a"}, r, std::to_string(r)});
    snapshot = snapshot.apply({{entry}, {}}, kEpoch, r);
  }
  return snapshot;
}

std::string hello(const StateId& state) {
  v1::NodeMessage message;
  message.mutable_hello()->set_node_id("node-1");
  *message.mutable_hello()->mutable_state() = to_proto(state);
  return message.SerializeAsString();
}

std::string ack(const StateId& state) {
  v1::NodeMessage message;
  *message.mutable_ack()->mutable_state() = to_proto(state);
  return message.SerializeAsString();
}

std::string nack(uint64_t revision) {
  v1::NodeMessage message;
  message.mutable_nack()->set_revision(revision);
  message.mutable_nack()->add_reasons()->set_message("no");
  return message.SerializeAsString();
}

std::string health(v1::HealthReport::Health found, const std::string& problem) {
  v1::NodeMessage message;
  v1::HealthReport::Finding& finding = *message.mutable_health()->add_findings();
  finding.set_namespace_("shop");
  finding.set_service("a");
  finding.set_port(80);
  finding.set_endpoint_uid(7);
  finding.set_health(found);
  finding.set_problem(problem);
  return message.SerializeAsString();
}

// One node has told of endpoints: what is kept of it may go into the state, and goes with the node.
void check(HealthFindings& findings) {
  for (const TriedEndpoint& endpoint : findings.found_down()) {
    require(findings.votes_of(endpoint) == Votes{0, 1}, "a node has one vote");
    const std::string problem = findings.problem_of(endpoint);
    require(problem.size() <= HealthFindings::kMaxProblemBytes && is_utf8(problem),
            "a problem is a text, and not too long");
  }
  findings.forget("node-1");
  require(findings.found_down().empty(), "a node takes its findings along");
}

}  // namespace

// After each message the server has a revision more: 2 after the first one.
std::vector<std::string> seeds() {
  StateId foreign = at(1).id();
  foreign.epoch = Epoch::make(1'600'000'000'000, 1);
  std::string cut;  // in the middle of its last character
  while (cut.size() < HealthFindings::kMaxProblemBytes - 1) cut.push_back('x');
  cut += "\xC3\xA9";
  return {
      join({hello(at(1).id()), ack(at(2).id()), nack(3), ack(at(4).id())}),
      join({hello(StateId()), ack(at(1).id()), ack(at(1).id()), nack(9)}),
      join({hello(foreign), ack(foreign), ack(at(3).id())}),
      join({hello(at(7).id()), nack(8)}),
      join({hello(at(1).id()), health(v1::HealthReport::DOWN, "status 503\n\xC3\xA9"),
            health(v1::HealthReport::UP, ""), health(v1::HealthReport::DOWN, ""),
            health(v1::HealthReport::UNKNOWN, "")}),
      join({hello(at(1).id()), health(v1::HealthReport::DOWN, cut)}),
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  constexpr size_t kMaxMessages = 32;
  Publisher publisher(fuzz::at(1));
  NodeSession session(publisher);
  HealthFindings findings;
  std::optional<StateId> in_flight;
  const auto take = [&](const std::optional<NodeSession::Update>& update) {
    if (!update) return;
    fuzz::require(!in_flight, "one update is in flight at most");
    fuzz::require(update->to.id() == publisher.head().id(), "what is sent is the newest");
    in_flight = update->to.id();
  };
  size_t messages = 0;
  for (const std::string_view part : fuzz::split(fuzz::text_of(data, size))) {
    if (++messages > kMaxMessages) break;
    v1::NodeMessage message;
    if (!message.ParseFromArray(part.data(), static_cast<int>(part.size()))) continue;
    NodeSession::Next next = std::nullopt;
    if (message.has_hello()) {
      next = session.on_hello(message.hello());
    } else if (message.has_ack()) {
      const std::optional<StateId> state = from_proto(message.ack().state());
      if (session.greeted() && state && state == in_flight) in_flight.reset();
      next = session.on_ack(message.ack());
    } else if (message.has_nack()) {
      const uint64_t revision = message.nack().revision();
      if (session.greeted() && in_flight && in_flight->revision == revision) in_flight.reset();
      next = session.on_nack(message.nack());
    } else {
      if (session.greeted()) findings.take("node-1", message.health());
      next = session.on_heartbeat();
    }
    if (!next.ok()) break;  // ends the stream
    take(*next);
    if (messages % 4 == 3) {
      const NodeSession::Next adopted = session.on_adopt();
      if (adopted.ok()) take(*adopted);
    }
    publisher.publish(fuzz::at(publisher.head().id().revision + 1));
    take(session.on_published());
    fuzz::require(session.waits_for().empty() || !in_flight, "who waits is sent nothing");
  }
  fuzz::check(findings);
  return 0;
}
