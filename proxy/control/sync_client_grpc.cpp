#include "proxy/control/sync_client_grpc.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include "limpet/v1/discovery.grpc.pb.h"
#include "runtime/tls_grpc.h"

namespace limpet {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// A chunk is at most 1 MiB, but for a single entry that is larger by itself.
constexpr int kMaxMessageBytes = 16 * 1024 * 1024;
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5'000};
// A node has little to say between two answers of its server, but for what it finds of endpoints
// when a stream begins (proxy/control/health_report.h); more means that writes are stuck.
constexpr size_t kMaxQueued = 256;

// How many calls gRPC still knows of. Its threads touch nothing of ours once that is none.
class LiveCalls {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  size_t count_ = 0;  // guarded by mutex_
};

// One stream. gRPC calls the On... functions from its threads; it lives until OnDone, kept by
// itself.
class Call final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::ServerMessage> {
 public:
  struct Events {
    std::function<void(std::shared_ptr<v1::ServerMessage>)> message;
    std::function<void(grpc::Status)> done;
  };

  static std::shared_ptr<Call> begin(v1::Discovery::Stub& stub, v1::NodeMessage hello,
                                     Events events, std::shared_ptr<LiveCalls> live) {
    auto call = std::shared_ptr<Call>(new Call(std::move(events), std::move(live)));
    call->self_ = call;
    stub.async()->Sync(&call->context_, call.get());
    call->StartRead(&call->incoming_);
    call->AddHold();  // for writes from outside the reactions
    call->StartCall();
    call->write(std::move(hello));
    return call;
  }

  void write(v1::NodeMessage message) {
    // What is dropped is not said again on this stream: another begins with all of it.
    if (enqueue(std::move(message))) return;
    spdlog::warn("the server does not read what this node tells it: beginning a new stream");
    context_.TryCancel();
  }

  void cancel() {
    context_.TryCancel();
    release_hold();
  }

 private:
  Call(Events events, std::shared_ptr<LiveCalls> live)
      : events_(std::move(events)), live_(std::move(live)) {
    live_->add();
  }

  // False when there is no room.
  bool enqueue(v1::NodeMessage message) {
    const std::lock_guard lock(mutex_);
    if (ended_) return true;
    if (queue_.size() >= kMaxQueued) return false;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
    return true;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return release_hold();
    events_.message(std::make_shared<v1::ServerMessage>(std::move(incoming_)));
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (ok && !ended_ && !queue_.empty()) StartWrite(&queue_.front());
  }

  void OnDone(const grpc::Status& status) override {
    events_.done(status);
    const std::shared_ptr<LiveCalls> live = live_;
    self_.reset();
    live->remove();
  }

  void release_hold() {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      ended_ = true;
    }
    RemoveHold();
  }

  const Events events_;
  const std::shared_ptr<LiveCalls> live_;
  grpc::ClientContext context_;
  v1::ServerMessage incoming_;
  std::shared_ptr<Call> self_;

  std::mutex mutex_;
  std::deque<v1::NodeMessage> queue_;  // the front is being written; guarded by mutex_
  bool ended_ = false;                 // no more writes begin; guarded by mutex_
};

}  // namespace

class SyncClient::Impl : public std::enable_shared_from_this<SyncClient::Impl> {
 public:
  Impl(asio::io_context& io, std::vector<HostPort> servers, const TlsFiles& tls,
       Callbacks callbacks)
      : io_(io),
        work_(io.get_executor()),
        servers_(std::move(servers)),
        credentials_(channel_credentials(tls)),
        callbacks_(std::move(callbacks)),
        timer_(io) {}

  void connect() {
    if (stopped_) return;
    end_call();
    const HostPort& server = servers_[next_server_++ % servers_.size()];
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    // The pauses between attempts are ours; gRPC's own would come on top of them.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
    // Streams share nothing: a new channel connects anew.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::Discovery::NewStub(grpc::CreateCustomChannel(
        to_string(server), credentials_, arguments));
    const uint64_t stream = ++stream_;
    const std::weak_ptr<Impl> weak = weak_from_this();
    const auto post = [this, weak, stream](auto action) {
      const std::shared_ptr<Impl> self = weak.lock();
      if (self == nullptr) return;
      asio::post(io_, [self, stream, action = std::move(action)] {
        if (!self->stopped_ && self->stream_ == stream) action(*self);
      });
    };
    Call::Events events;
    events.message = [post](std::shared_ptr<v1::ServerMessage> message) {
      post([message](Impl& self) {
        self.failing_ = false;
        self.callbacks_.on_message(*message);
      });
    };
    events.done = [post, address = to_string(server)](grpc::Status status) {
      post([status, address](Impl& self) {
        spdlog::debug("stream to {}: {}", address, status.error_message());
        self.on_done(address, status);
      });
    };
    call_ = Call::begin(*stub_, callbacks_.hello(), std::move(events), live_);
  }

  void send(v1::NodeMessage message) {
    // An update was taken: what went wrong before has been mended. A server that sends what cannot
    // be taken is not asked again and again at once.
    if (message.has_ack()) pause_ = kFirstPause;
    if (call_ != nullptr) call_->write(std::move(message));
  }

  void restart(const std::string& why) {
    spdlog::warn("beginning a new stream to the management server: {}", why);
    end_call();
    callbacks_.on_lost();
    connect_later();
  }

  void stop() {
    stopped_ = true;
    end_call();
    timer_.cancel();
    work_.reset();
    live_->wait_for_none();
  }

 private:
  void end_call() {
    ++stream_;  // what the old stream still posts is not for us
    if (call_ != nullptr) call_->cancel();
    call_.reset();
  }

  void on_done(const std::string& address, const grpc::Status& status) {
    call_.reset();
    callbacks_.on_lost();
    if (!failing_) {
      spdlog::warn("no stream to the management server at {}: {}", address,
                   status.error_message().empty() ? "ended" : status.error_message());
    }
    failing_ = true;
    connect_later();
  }

  // The pause doubles up to the longest, and is taken at random between half and whole, so that
  // nodes that lost their server together do not come back together.
  void connect_later() {
    std::uniform_int_distribution<int64_t> jitter(pause_.count() / 2, pause_.count());
    timer_.expires_after(milliseconds(jitter(random_)));
    pause_ = std::min(pause_ * 2, kLongestPause);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->connect();
    });
  }

  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  const std::vector<HostPort> servers_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  const Callbacks callbacks_;
  asio::steady_timer timer_;
  std::mt19937 random_{std::random_device{}()};
  std::unique_ptr<v1::Discovery::Stub> stub_;
  std::shared_ptr<Call> call_;
  const std::shared_ptr<LiveCalls> live_ = std::make_shared<LiveCalls>();
  uint64_t stream_ = 0;
  size_t next_server_ = 0;
  milliseconds pause_ = kFirstPause;
  bool failing_ = false;  // the trouble has been logged
  bool stopped_ = false;
};

SyncClient::SyncClient(asio::io_context& io, std::vector<HostPort> servers, const TlsFiles& tls,
                       Callbacks callbacks)
    : impl_(std::make_shared<Impl>(io, std::move(servers), tls, std::move(callbacks))) {}
SyncClient::~SyncClient() { stop(); }

void SyncClient::start() { impl_->connect(); }
void SyncClient::send(v1::NodeMessage message) { impl_->send(std::move(message)); }
void SyncClient::restart(const std::string& why) { impl_->restart(why); }
void SyncClient::stop() { impl_->stop(); }

}  // namespace limpet
