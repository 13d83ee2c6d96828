#include "server/dns/client.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <ares.h>
#include <arpa/nameser.h>
#include <spdlog/spdlog.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/base/text.h"
#include "server/dns/message.h"

namespace limpet {
namespace {

namespace asio = boost::asio;

// A question is sent so often; the wait for an answer begins with this and doubles each time.
constexpr int kTries = 2;
constexpr int kTimeoutMs = 1'000;
// c-ares says when it wants to be called; this bounds what a mistake of its could cost.
constexpr auto kMaxPause = std::chrono::seconds(1);

class AresClient final : public DnsClient {
 public:
  explicit AresClient(asio::io_context& io) : io_(io), timer_(io) {}

  ~AresClient() override {
    ending_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
    ares_library_cleanup();
  }

  absl::Status open(const std::vector<HostPort>& servers) {
    if (const int error = ares_library_init(ARES_LIB_INIT_ALL)) return failure(error);
    ares_options options = {};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.timeout = kTimeoutMs;
    options.tries = kTries;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<AresClient*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    const int set = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (const int error = ares_init_options(&channel_, &options, set)) return failure(error);
    if (servers.empty()) return absl::OkStatus();
    std::vector<std::string> names;
    for (const HostPort& server : servers) names.push_back(to_string(server));
    if (ares_set_servers_ports_csv(channel_, join(names, ",").c_str()) != ARES_SUCCESS) {
      return absl::InvalidArgumentError(
          str_cat("--dns-server ", join(names, ","),
                  ": must be a numeric address and a port, such as 10.0.0.2:53"));
    }
    return absl::OkStatus();
  }

  void ask(const std::string& name, DnsFamily family, Done done) override {
    auto* question = new Question{*this, name, family, std::move(done)};
    ares_query(channel_, name.c_str(), ns_c_in, family == DnsFamily::kV4 ? ns_t_a : ns_t_aaaa,
               answered, question);
    pause();
  }

 private:
  struct Question {
    AresClient& client;
    std::string name;
    DnsFamily family;
    Done done;
  };
  struct Watched {
    asio::posix::stream_descriptor descriptor;
    bool readable = false;  // wanted
    bool writable = false;
    bool waits_readable = false;  // a wait is under way
    bool waits_writable = false;
  };

  static absl::Status failure(int error) {
    return absl::InternalError(str_cat("c-ares: ", ares_strerror(error)));
  }

  // c-ares has compared the id, the question and the sender by now, and asked over TCP for what
  // did not fit. Errors that a message tells of come with that message.
  static void answered(void* argument, int error, int, unsigned char* message, int size) {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    if (question->client.ending_) return;
    if (message != nullptr && size > 0) {
      const std::string_view bytes(reinterpret_cast<const char*>(message),
                                   static_cast<size_t>(size));
      question->done(read_dns_answer(bytes, question->name, question->family));
      return;
    }
    question->done({DnsAnswer::Kind::kFailed, {}, 0, ares_strerror(error)});
  }

  // c-ares opens and closes the sockets: before it closes one it says so here.
  void watch(ares_socket_t socket, bool readable, bool writable) {
    if (!readable && !writable) {
      const auto found = sockets_.find(socket);
      if (found == sockets_.end()) return;
      found->second->descriptor.release();
      sockets_.erase(found);
      return;
    }
    std::shared_ptr<Watched>& watched = sockets_[socket];
    if (watched == nullptr) {
      watched = std::make_shared<Watched>(Watched{asio::posix::stream_descriptor(io_, socket)});
    }
    watched->readable = readable;
    watched->writable = writable;
    wait(socket, watched);
  }

  void wait(ares_socket_t socket, const std::shared_ptr<Watched>& watched) {
    using Descriptor = asio::posix::stream_descriptor;
    const auto start = [&](bool wanted, bool Watched::*waits, Descriptor::wait_type what) {
      if (!wanted || (*watched).*waits) return;
      (*watched).*waits = true;
      watched->descriptor.async_wait(what, [this, socket, waits, weak = std::weak_ptr(watched),
                                            read = what == Descriptor::wait_read](
                                               boost::system::error_code) {
        // Gone with its socket, or with the client.
        const std::shared_ptr<Watched> ready = weak.lock();
        if (ready == nullptr) return;
        (*ready).*waits = false;
        ares_process_fd(channel_, read ? socket : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : socket);
        const auto still = sockets_.find(socket);
        if (still != sockets_.end() && still->second == ready) wait(socket, ready);
        pause();
      });
    };
    start(watched->readable, &Watched::waits_readable, Descriptor::wait_read);
    start(watched->writable, &Watched::waits_writable, Descriptor::wait_write);
  }

  // Until the next time-out of a question.
  void pause() {
    timeval most{kMaxPause.count(), 0};
    timeval left;
    const timeval* next = ares_timeout(channel_, nullptr, &left);
    if (next == nullptr) {
      timer_.cancel();
      return;
    }
    if (next->tv_sec >= most.tv_sec) next = &most;
    // A millisecond more than it says: it compares with a clock of its own.
    timer_.expires_after(std::chrono::seconds(next->tv_sec) +
                         std::chrono::microseconds(next->tv_usec) + std::chrono::milliseconds(1));
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      pause();
    });
  }

  asio::io_context& io_;
  ares_channel channel_ = nullptr;
  asio::steady_timer timer_;
  std::map<ares_socket_t, std::shared_ptr<Watched>> sockets_;
  bool ending_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DnsClient>> make_dns_client(asio::io_context& io,
                                                           const std::vector<HostPort>& servers) {
  auto client = std::make_unique<AresClient>(io);
  if (absl::Status s = client->open(servers); !s.ok()) return s;
  return client;
}

}  // namespace limpet
