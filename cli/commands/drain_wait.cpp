#include "cli/commands/drain_wait.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <utility>

#include "cli/commands/progress_line.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

// Between two questions: the server tells a time, which may change, and at it the nodes follow.
constexpr absl::Duration kShortest = absl::Milliseconds(200);
constexpr absl::Duration kLongest = absl::Seconds(10);

std::string text_of(const v1::GetDrainResponse& drain) {
  const std::vector<std::string> pending(drain.pending().begin(), drain.pending().end());
  if (!pending.empty()) {
    return str_cat(drain.endpoint(), " waits for ", join(pending, ", "), " to serve revision ",
                   drain.revision());
  }
  if (drain.free_unix_ms() == 0) {
    return str_cat(drain.endpoint(), " waits for a node to connect");
  }
  return str_cat(drain.endpoint(), " may have sessions until ",
                 absl::FormatTime("%Y-%m-%d %H:%M:%SZ",
                                  absl::FromUnixMillis(drain.free_unix_ms()),
                                  absl::UTCTimeZone()));
}

class DrainWait {
 public:
  DrainWait(const Session& session, const DrainedEndpoints& endpoints, absl::Duration timeout)
      : session_(session),
        endpoints_(endpoints),
        waiting_(endpoints.names),
        end_(session.environment.now() + timeout),
        server_(session.connect()),
        line_(session) {}

  int run() {
    while (true) {
      if (int code = ask(); code != kOk) return code;
      if (waiting_.empty()) break;
      const absl::Duration left = end_ - session_.environment.now();
      if (left <= absl::ZeroDuration()) return time_is_over();
      pause(left);
    }
    line_.clear();
    tell_disconnected();
    return kOk;
  }

 private:
  // Of each that is still waited for.
  int ask() {
    std::vector<std::string> names = std::exchange(waiting_, {});
    drains_.clear();
    for (std::string& name : names) {
      v1::GetDrainRequest request;
      request.set_namespace_(endpoints_.ns);
      request.set_service(endpoints_.service);
      request.set_endpoint(name);
      const auto drain = server_->get_drain(request);
      if (!drain.ok()) return fail(drain.status());
      if (!drain->draining()) {
        return fail(absl::AbortedError(str_cat(name, " is not drained any more")));
      }
      if (drain->safe_to_stop()) {
        tell_safe(*drain);
        continue;
      }
      drains_.push_back(*drain);
      waiting_.push_back(std::move(name));
    }
    if (!drains_.empty()) line_.show(progress());
    return kOk;
  }

  int fail(const absl::Status& status) {
    line_.clear();
    return session_.fail(absl::Status(
        status.code(), str_cat("stored, but not waited for to the end: ", status.message())));
  }

  void tell_safe(const v1::GetDrainResponse& drain) {
    line_.clear();
    session_.out() << "service/" << endpoints_.service << " endpoint " << drain.endpoint()
                   << " safe to stop\n"
                   << std::flush;
    disconnected_.insert(drain.disconnected().begin(), drain.disconnected().end());
  }

  std::string progress() const {
    const size_t safe = endpoints_.names.size() - waiting_.size();
    return str_cat(safe, " of ", endpoints_.names.size(), " endpoints safe to stop; ",
                   text_of(drains_.front()));
  }

  // Until there may be news: the nodes', which the server tells, or that a time has come.
  void pause(absl::Duration left) {
    uint64_t revision = 0;
    absl::Time next = session_.environment.now() + kLongest;
    for (const v1::GetDrainResponse& drain : drains_) {
      if (!drain.pending().empty()) {
        revision = std::max(revision, drain.revision());
      } else {
        next = std::min(next, absl::FromUnixMillis(drain.free_unix_ms()));
      }
    }
    const absl::Duration until = next - session_.environment.now();
    const absl::Duration wait = std::min(left, std::clamp(until, kShortest, kLongest));
    if (revision == 0) return session_.environment.sleep(wait);
    v1::WaitActiveRequest request;
    request.set_revision(revision);
    bool done = false;
    const absl::Status waited = server_->wait_active(
        request, std::min(left, kLongest), [&done](const v1::WaitActiveResponse& response) {
          done = response.done();
          return !done;
        });
    // What else ended it is for the next question to find out.
    if (!done && !absl::IsDeadlineExceeded(waited)) session_.environment.sleep(wait);
  }

  int time_is_over() {
    line_.clear();
    std::vector<std::string> reasons;
    for (const v1::GetDrainResponse& drain : drains_) reasons.push_back(text_of(drain));
    tell_disconnected();
    return session_.fail(kTimedOut, str_cat("stored, but the time is over: ", join(reasons, "; ")));
  }

  void tell_disconnected() {
    for (const v1::GetDrainResponse& drain : drains_) {
      disconnected_.insert(drain.disconnected().begin(), drain.disconnected().end());
    }
    for (const std::string& node : disconnected_) {
      session_.err() << "node " << node << " is not connected: it may not know of this, and send "
                     << "sessions there until it is\n";
    }
  }

  const Session& session_;
  const DrainedEndpoints& endpoints_;
  std::vector<std::string> waiting_;
  const absl::Time end_;
  const std::unique_ptr<Management> server_;
  ProgressLine line_;
  std::vector<v1::GetDrainResponse> drains_;  // of those that are waited for
  std::set<std::string> disconnected_;
};

}  // namespace

int wait_until_safe(const Session& session, const DrainedEndpoints& endpoints,
                    absl::Duration timeout) {
  return DrainWait(session, endpoints, timeout).run();
}

}  // namespace limpet::cli
