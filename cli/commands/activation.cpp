#include "cli/commands/activation.h"

#include <ostream>

#include "cli/commands/node_text.h"
#include "cli/commands/progress_line.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

std::string pending_text(const v1::WaitActiveResponse& response) {
  return str_cat(response.active(), " of ", response.connected(), " nodes serve revision ",
                 response.revision(), "; waiting for ", join(response.pending(), ", "));
}

// What a node refused will not become active by waiting.
bool only_refusals_left(const v1::WaitActiveResponse& response) {
  return response.rejected_size() > 0 && response.rejected_size() == response.pending_size();
}

void tell_refusals(const Session& session, const v1::WaitActiveResponse& response) {
  for (const v1::NodeStatus& node : response.rejected()) {
    if (node.held()) {
      session.err() << "node " << node.node_id() << " " << reason_text(node.rejected_reasons(0))
                    << " " << node.node_id() << "\n";
      continue;
    }
    for (const v1::Nack::Reason& reason : node.rejected_reasons()) {
      session.err() << "node " << node.node_id() << " refuses revision " << node.rejected_revision()
                    << ": " << reason_text(reason) << "\n";
    }
  }
}

int tell_end(const Session& session, const absl::Status& status,
             const v1::WaitActiveResponse& last) {
  if (only_refusals_left(last)) {
    tell_refusals(session, last);
    return session.fail(kFailed, str_cat("stored, but refused by nodes: ", pending_text(last)));
  }
  if (absl::IsDeadlineExceeded(status)) {
    tell_refusals(session, last);
    return session.fail(kTimedOut, str_cat("stored, but the time is over: ", pending_text(last)));
  }
  if (!status.ok()) return session.fail(status);
  if (!last.done()) return session.fail(kFailed, "stored, but the server stopped waiting");
  if (last.connected() == 0) {
    session.err() << "No node is connected: revision " << last.revision()
                  << " is stored, and serves nowhere yet.\n";
  }
  return kOk;
}

}  // namespace

void add_wait_flags(CLI::App& verb, WaitOptions& options) {
  verb.add_flag("--wait", options.wait, "Return when every connected node serves the change");
  add_percent_flag(verb, options);
  add_timeout_flag(verb, options);
}

void add_percent_flag(CLI::App& verb, WaitOptions& options) {
  verb.add_option("--percent", options.percent, "Of the connected nodes that are waited for")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
}

void add_timeout_flag(CLI::App& verb, WaitOptions& options) {
  verb.add_option_function<std::string>(
          "--timeout",
          [&options](const std::string& text) {
            const bool ok = absl::ParseDuration(text, &options.timeout);
            if (ok && options.timeout > absl::ZeroDuration()) return;
            throw CLI::ValidationError("--timeout", "must be a duration such as 500ms, 30s or 2m");
          },
          "How long to wait, such as 500ms, 30s or 2m")
      ->default_str("1m");
}

int wait_until_active(const Session& session, uint64_t revision, const WaitOptions& options) {
  v1::WaitActiveResponse last;
  last.set_revision(revision);
  ProgressLine line(session);
  line.show(revision == 0 ? "waiting for nodes to serve the newest revision"
                          : str_cat("waiting for nodes to serve revision ", revision));
  v1::WaitActiveRequest request;
  request.set_revision(revision);
  request.set_percent(options.percent);
  const absl::Status status = session.connect()->wait_active(
      request, options.timeout, [&](const v1::WaitActiveResponse& response) {
        last = response;
        if (!response.done()) line.show(pending_text(response));
        return !response.done() && !only_refusals_left(response);
      });
  line.clear();
  return tell_end(session, status, last);
}

}  // namespace limpet::cli
