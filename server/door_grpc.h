// The HTTP door of the API: what comes over HTTP is called over gRPC in this process, so that one
// set of handlers, rights and limits serves both. docs/decisions/0008-http-door.md
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <grpcpp/grpcpp.h>
#include <boost/asio/io_context.hpp>

#include "limpet/v1/management.grpc.pb.h"
#include "runtime/http_door.h"
#include "server/access_grpc.h"
#include "server/door/call.h"
#include "server/serial_worker.h"

namespace limpet {

// What the door answers for what the API answered.
DoorError error_of(const grpc::Status& status);

class Door final : public HttpDoor {
 public:
  // Without a message yet, a stream begins after the first; then something is sent so often, at
  // least.
  static constexpr auto kFirstHeartbeat = std::chrono::milliseconds(500);
  static constexpr auto kHeartbeat = std::chrono::seconds(15);
  static constexpr auto kCallDeadline = std::chrono::seconds(30);

  // What connections of plain text may do.
  enum class PlainText {
    kRefused,      // the server has TLS, or others than this machine reach it
    kThisMachine,  // a browser's requests under a foreign name are refused
    kTrusted,      // --insecure
  };

  // All must outlive the door; `channel` is one of the server in this process.
  Door(boost::asio::io_context& io, Access& access, std::shared_ptr<grpc::Channel> channel,
       PlainText plain_text);
  // The io_context may have stopped, but must still be there. stop() was called.
  ~Door() override;

  std::optional<AdminResponse> refuse(const HttpHead& head) override;
  void serve(HttpHead head, std::string body, std::shared_ptr<HttpReply> reply) override;
  AdminResponse error(unsigned status, std::string_view message) override;

  // Ends all streams. The io_context has stopped.
  void stop();

 private:
  class Watch;
  template <typename Request, typename Response>
  struct Unary;

  absl::Status check_connection(const HttpHead& head) const;
  void call(DoorCall call, const HttpHead& head, std::string body,
            const std::shared_ptr<HttpReply>& reply);
  void apply(const HttpHead& head, std::string body, const std::shared_ptr<HttpReply>& reply);
  template <typename Response, typename Request, typename Start>
  void start(Request request, const HttpHead& head, std::shared_ptr<HttpReply> reply, Start start);
  void answer(const std::shared_ptr<HttpReply>& reply, AdminResponse answer);
  void begin_call();
  void end_call();

  boost::asio::io_context& io_;
  Access& access_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Management::Stub> stub_;
  const PlainText plain_text_;
  std::mutex mutex_;
  std::condition_variable idle_;
  // Guarded by the lock:
  size_t calls_ = 0;
  std::set<std::shared_ptr<Watch>> watches_;
  // The last: its jobs use all that is above. Bodies are read here: a large one takes a while.
  SerialWorker reader_;
};

}  // namespace limpet
