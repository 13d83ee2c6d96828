// limpet-bench-fleet: many simulated nodes for bench/control. Each has a connection of its own,
// takes what the server sends without looking at the entries, says that it serves it, and answers
// heartbeats.
//   limpet-bench-fleet SERVER NODES
// Commands on stdin, one a line:
//   reconnect  ends all streams, then connects all anew with the states that they hold
//   (the end)  ends all streams and the program
// Output on stdout:
//   at REVISION TIME MESSAGES TCP  every node has all of REVISION: its last chunk has come, or a
//                                  heartbeat that names it the newest. TIME: when the last node
//                                  had it, ns of CLOCK_MONOTONIC. Since the connections began the
//                                  nodes received MESSAGES bytes as messages, TCP bytes in all
//                                  (HTTP/2 frames and headers included).
//   lost NODE REASON               a stream ended that should not have
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/tcp.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>
#include <grpcpp/grpcpp.h>

#include "limpet/v1/discovery.grpc.pb.h"
#include "runtime/descriptors.h"

namespace limpet {
namespace {

// A chunk is at most 1 MiB, but for a single entry that is larger by itself.
constexpr int kMaxMessageBytes = 16 * 1024 * 1024;
constexpr uint32_t kMaxNodes = 10'000;

// What this process has received on the connections that it has open.
uint64_t tcp_bytes_received() {
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
    int descriptor = 0;
    tcp_info info{};
    socklen_t size = sizeof info;
    // Whatever is no TCP socket says so.
    if (absl::SimpleAtoi(file.path().filename().string(), &descriptor) &&
        getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
      bytes += info.tcpi_bytes_received;
    }
  }
  return bytes;
}

// How far the nodes are, all together. Thread-safe.
class Tally {
 public:
  explicit Tally(size_t nodes) : nodes_(nodes) {}

  // A node begins a stream; it is at no revision.
  void began() {
    const std::lock_guard lock(mutex_);
    ++streams_;
    ++at_[0];
  }

  // Of one node: a message, and the revisions that it had before and has after it.
  void received(size_t message_bytes, uint64_t before, uint64_t after) {
    const std::lock_guard lock(mutex_);
    bytes_ += message_bytes;
    if (before == after) return;
    if (--at_[before] == 0) at_.erase(before);
    if (++at_[after] != nodes_) return;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    std::cout << "at " << after << ' ' << std::chrono::nanoseconds(now).count() << ' ' << bytes_
              << ' ' << tcp_bytes_received() << '\n'
              << std::flush;
  }

  void ended() {
    const std::lock_guard lock(mutex_);
    if (--streams_ == 0) none_.notify_all();
  }

  // Then the counts begin anew.
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return streams_ == 0; });
    at_.clear();
    bytes_ = 0;
  }

 private:
  const size_t nodes_;
  std::mutex mutex_;
  std::condition_variable none_;
  // Guarded by it:
  size_t streams_ = 0;
  uint64_t bytes_ = 0;
  std::map<uint64_t, size_t> at_;  // revision -> nodes that are at it
};

// One node's stream on a connection of its own. Lives until the tally knows that it has ended.
class Stream final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::ServerMessage> {
 public:
  Stream(Tally& tally, const std::string& server, std::string id, v1::StateId held)
      : tally_(tally), id_(std::move(id)), held_(std::move(held)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::Discovery::NewStub(
        grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments));
    tally_.began();
    v1::NodeMessage hello;
    hello.mutable_hello()->set_node_id(id_);
    *hello.mutable_hello()->mutable_state() = held_;
    context_.set_wait_for_ready(true);
    stub_->async()->Sync(&context_, this);
    write(std::move(hello));
    StartRead(&incoming_);
    StartCall();
  }

  void cancel() {
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    context_.TryCancel();
  }

  const std::string& id() const { return id_; }
  // Once it has ended:
  const v1::StateId& held() const { return held_; }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    const uint64_t before = at_;
    if (incoming_.has_delta() && incoming_.delta().chunk() + 1 == incoming_.delta().chunks()) {
      held_ = incoming_.delta().to();
      at_ = held_.revision();
    } else if (incoming_.has_heartbeat() &&
               incoming_.heartbeat().head_revision() == held_.revision()) {
      at_ = held_.revision();
    }
    tally_.received(incoming_.ByteSizeLong(), before, at_);
    v1::NodeMessage answer;
    if (incoming_.has_heartbeat()) {
      answer.mutable_heartbeat()->set_head_revision(held_.revision());
      answer.mutable_heartbeat()->set_epoch(held_.epoch());
      write(std::move(answer));
    } else if (at_ != before) {
      *answer.mutable_ack()->mutable_state() = held_;
      write(std::move(answer));
    }
    StartRead(&incoming_);
  }

  // Only before the call starts and from reactions to reads, and so never after its end. The server
  // says nothing more before it is answered, but for heartbeats: the queue stays short.
  void write(v1::NodeMessage message) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (ok && !queue_.empty()) StartWrite(&queue_.front());
  }

  void OnDone(const grpc::Status& status) override {
    {
      const std::lock_guard lock(mutex_);
      if (!cancelled_)
        std::cout << "lost " + id_ + ' ' + status.error_message() + '\n' << std::flush;
    }
    tally_.ended();
  }

  Tally& tally_;
  const std::string id_;
  std::unique_ptr<v1::Discovery::Stub> stub_;
  grpc::ClientContext context_;
  v1::ServerMessage incoming_;
  // Of the reactions to reads:
  v1::StateId held_;
  uint64_t at_ = 0;  // the newest revision that this stream has brought or confirmed

  std::mutex mutex_;
  std::deque<v1::NodeMessage> queue_;  // the front is being written; guarded by mutex_
  bool cancelled_ = false;             // guarded by mutex_
};

using Streams = std::vector<std::unique_ptr<Stream>>;

void end_all(const Streams& streams, Tally& tally) {
  for (const auto& stream : streams) stream->cancel();
  tally.wait_for_none();
}

void run(const std::string& server, uint32_t nodes) {
  Tally tally(nodes);
  Streams streams;
  for (uint32_t node = 1; node <= nodes; ++node) {
    streams.push_back(std::make_unique<Stream>(tally, server, "simulated-" + std::to_string(node),
                                               v1::StateId()));
  }
  for (std::string command; std::getline(std::cin, command);) {
    if (command != "reconnect") {
      std::cerr << "limpet-bench-fleet: no such command: " << command << "; say: reconnect\n";
      continue;
    }
    end_all(streams, tally);
    std::vector<std::pair<std::string, v1::StateId>> held;
    for (const auto& stream : streams) held.emplace_back(stream->id(), stream->held());
    streams.clear();
    for (auto& [id, state] : held) {
      streams.push_back(std::make_unique<Stream>(tally, server, id, std::move(state)));
    }
  }
  end_all(streams, tally);
}

}  // namespace
}  // namespace limpet

int main(int argc, char** argv) {
  uint32_t nodes = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &nodes) || nodes == 0 || nodes > limpet::kMaxNodes) {
    std::cerr << "usage: limpet-bench-fleet HOST:PORT NODES (1 to " << limpet::kMaxNodes << ")\n";
    return 2;
  }
  limpet::raise_descriptor_limit();
  limpet::run(argv[1], nodes);
}
