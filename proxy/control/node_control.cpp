#include "proxy/control/node_control.h"

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "core/snapshot/wire.h"
#include "proxy/control/health_report.h"
#include "runtime/memory.h"

namespace limpet {
namespace {

int64_t unix_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

NodeControl::NodeControl(boost::asio::io_context& io, NodeIdentity identity,
                         const std::filesystem::path& data_dir,
                         std::vector<std::unique_ptr<Worker>>& workers)
    : io_(io),
      identity_(std::move(identity)),
      activator_(io, identity_.address, workers, [this] { report(); }),
      health_(io, {identity_.node_id, identity_.build,
                   [this](const UpstreamTls& tls) { return activator_.tls_client(tls); },
                   [this](const auto& findings) { report_health(findings); }}),
      state_path_(data_dir / "state.log"),
      heartbeat_timer_(io) {}

void NodeControl::restore(std::function<void()> ready) {
  StateFile file(state_path_);
  StateFile::Loaded loaded = file.load();
  // It may be of a time when the node served other Gateways.
  Snapshot part = part_of(loaded.snapshot, identity_.gateways);
  if (part.id() != loaded.snapshot.id()) {
    loaded.snapshot = std::move(part);
    file.write_anew();
  }
  writer_ = std::make_unique<StateWriter>(std::move(file), [this](const absl::Status& status) {
    boost::asio::post(io_, [this, status] { on_written(status); });
  });
  if (!loaded.problem.empty()) spdlog::warn("last known good state: {}", loaded.problem);
  if (loaded.snapshot.id().revision == 0) return ready();
  activating_ = true;
  const auto finish = [this, ready, loaded] {
    activating_ = false;
    health_.follow(*activator_.table());
    state_.accept(loaded.snapshot);
    state_unix_s_ = loaded.written_unix_s;
    release_freed_memory();  // of the file and of its messages
    spdlog::info("serving revision {} from the last known good state",
                 loaded.snapshot.id().revision);
    ready();
  };
  const std::vector<CompileError> errors = activator_.activate(loaded.snapshot, finish);
  if (errors.empty()) return;
  activating_ = false;
  spdlog::warn("last known good state: {}: {}", to_string(errors[0].object), errors[0].message);
  ready();
}

void NodeControl::start(Stream stream) {
  stream_ = std::move(stream);
  last_heard_ = Clock::now();
  beat();
}

void NodeControl::stop() {
  heartbeat_timer_.cancel();
  activator_.stop();
  health_.stop();
}

v1::NodeMessage NodeControl::hello() const {
  v1::NodeMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_node_id(identity_.node_id);
  hello.set_build(identity_.build);
  hello.set_address(identity_.address);
  hello.mutable_gateways()->Assign(identity_.gateways.begin(), identity_.gateways.end());
  hello.mutable_labels()->insert(identity_.labels.begin(), identity_.labels.end());
  if (const StateId state = state_.resume(); state.revision != 0) {
    *hello.mutable_state() = to_proto(state);
  }
  return message;
}

void NodeControl::on_message(const v1::ServerMessage& message) {
  last_heard_ = Clock::now();
  if (!connected_) {
    connected_ = true;
    spdlog::info("connected to the management server");
    report();
    report_health(health_.findings());
  }
  switch (message.message_case()) {
    case v1::ServerMessage::kDelta:
      return on_delta(message.delta());
    case v1::ServerMessage::kHeartbeat:
      return on_heartbeat(message.heartbeat());
    case v1::ServerMessage::MESSAGE_NOT_SET:
      return;
  }
}

void NodeControl::on_heartbeat(const v1::Heartbeat& heartbeat) {
  const StateId& held = state_.held().id();
  const bool foreign = held.revision != 0 && heartbeat.epoch() != held.epoch.value();
  if (foreign && !foreign_server_) {
    spdlog::warn(
        "the management server's database is another one (epoch {:x}); serving on until "
        "an operator says: gwctl nodes adopt {}",
        heartbeat.epoch(), identity_.node_id);
  }
  foreign_server_ = foreign;
  // Nothing newer is there: what came from the file is what the server has.
  if (!foreign && heartbeat.head_revision() == held.revision) live_ = true;
}

void NodeControl::on_stream_lost() {
  state_.on_stream_lost();
  if (connected_) spdlog::warn("lost the management server; serving on with what is here");
  connected_ = false;
  foreign_server_ = false;
  reported_.clear();
  last_heard_ = Clock::now();
}

void NodeControl::on_delta(const v1::Delta& delta) {
  SyncState::Update update = state_.on_delta(delta);
  switch (update.kind) {
    case SyncState::Update::Kind::kPartial:
      return;
    case SyncState::Update::Kind::kResync:
      return stream_.restart(update.problem);
    case SyncState::Update::Kind::kReject:
      return reject(delta.to().revision(), {{EntryKey(), "", update.problem}});
    case SyncState::Update::Kind::kActivate:
      break;
  }
  // Only a stream that began meanwhile can bring one before the last is acknowledged.
  if (activating_) return stream_.restart("the state before is still being activated");
  activate(std::move(update));
}

void NodeControl::activate(SyncState::Update update) {
  activating_ = true;
  const Clock::time_point began = Clock::now();
  const uint64_t revision = update.next.id().revision;
  auto shared = std::make_shared<const SyncState::Update>(std::move(update));
  const std::vector<CompileError> errors =
      activator_.activate(shared->next, [this, shared, began] { on_active(shared, began); });
  if (errors.empty()) return;
  activating_ = false;
  reject(revision, errors);
}

void NodeControl::on_active(std::shared_ptr<const SyncState::Update> update,
                            Clock::time_point began) {
  activating_ = false;
  health_.follow(*activator_.table());
  live_ = true;
  state_.accept(update->next);
  state_unix_s_ = unix_now_s();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  v1::NodeMessage message;
  *message.mutable_ack()->mutable_state() = to_proto(update->next.id());
  message.mutable_ack()->set_apply_micros(took.count());
  stream_.send(std::move(message));
  spdlog::info("revision {} serves after {} us ({} changed, {} removed)",
               update->next.id().revision, took.count(), update->delta.upserts.size(),
               update->delta.removed.size());
  writer_->keep(std::move(update));
  report();
}

// Says it all, so that an older report needs no taking back.
void NodeControl::report() {
  v1::NodeMessage message;
  v1::Report& report = *message.mutable_report();
  for (const auto& [port, reason] : activator_.failed_ports()) {
    v1::Report::FailedListener& failed = *report.add_failed_listeners();
    failed.set_port(port);
    failed.set_message(reason);
  }
  report.set_state_file_problem(state_file_problem_);
  std::string bytes = report.SerializeAsString();
  // Nothing to report is what the server takes for granted of a new stream.
  if (!connected_ || bytes == reported_) return;
  reported_ = std::move(bytes);
  stream_.send(std::move(message));
}

// A new stream begins with all that is known; what is found before it is there goes with that.
void NodeControl::report_health(const std::vector<HealthFinding>& findings) {
  if (!connected_) return;
  for (v1::NodeMessage& message : health_messages(findings)) stream_.send(std::move(message));
}

void NodeControl::reject(uint64_t revision, const std::vector<CompileError>& reasons) {
  v1::NodeMessage message;
  v1::Nack& nack = *message.mutable_nack();
  nack.set_revision(revision);
  for (const CompileError& error : reasons) {
    v1::Nack::Reason& reason = *nack.add_reasons();
    if (!error.object.kind.empty()) *reason.mutable_object() = to_proto(error.object);
    reason.set_field(error.field);
    reason.set_message(error.message);
    spdlog::error("revision {} is not taken: {} {} {}", revision, to_string(error.object),
                  error.field, error.message);
  }
  stream_.send(std::move(message));
}

// A failure of the disk is no reason not to serve.
void NodeControl::on_written(const absl::Status& status) {
  const std::string problem(status.message());
  if (!status.ok() && problem != state_file_problem_) {
    spdlog::error("what serves is not kept for a restart: {}", problem);
  }
  state_file_problem_ = problem;
  report();
}

void NodeControl::beat() {
  heartbeat_timer_.expires_after(kHeartbeat);
  heartbeat_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    // The disk may be well again, and a change may be long in coming.
    if (!state_file_problem_.empty()) writer_->retry();
    if (Clock::now() - last_heard_ > kSilence) {
      last_heard_ = Clock::now();
      stream_.restart("no sign of life from the server");
    } else if (connected_) {
      v1::NodeMessage message;
      message.mutable_heartbeat()->set_head_revision(state_.held().id().revision);
      message.mutable_heartbeat()->set_epoch(state_.held().id().epoch.value());
      stream_.send(std::move(message));
    }
    beat();
  });
}

NodeControl::Readiness NodeControl::readiness() const {
  const std::shared_ptr<const RoutingTable>& table = activator_.table();
  if (table == nullptr) return {false, "no configuration has arrived yet\n"};
  Readiness readiness{true, {}};
  readiness.text = fmt::format("serving {} state: epoch {:x} revision {} age {} s\n",
                               live_ ? "live" : "last known good", table->state.epoch.value(),
                               table->state.revision, unix_now_s() - state_unix_s_);
  readiness.text += connected_ ? "connected to the management server\n"
                               : "not connected to the management server\n";
  if (foreign_server_) {
    readiness.text += fmt::format("the server's database is another one; gwctl nodes adopt {}\n",
                                  identity_.node_id);
  }
  for (const auto& [port, reason] : activator_.failed_ports()) {
    readiness.text += fmt::format("listener {} is not open: {}\n", port, reason);
  }
  return readiness;
}

}  // namespace limpet
