#include "tests/simulation/gateway.h"

#include "core/base/text.h"
#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "proxy/pick.h"
#include "tests/simulation/objects.h"

namespace limpet::simulation {
namespace {

// The head of a request as the parser makes it. Its fields are looked at up to their number alone.
void fill_head(const Request& request, http::RequestHead& head) {
  head.method = "GET";
  head.target = head.path = head.path_query = request.path;
  head.authority = "shop.example";
  if (request.cookies.empty()) return;
  head.fields[0] = {"Cookie", request.cookies, http::FieldId::kCookie};
  head.field_count = 1;
}

}  // namespace

Gateway::Gateway(const std::string& id, int64_t skew_s, TokenCodec::FillRandom fill_random)
    : skew_s_(skew_s), codec_(node_number_of(id), std::move(fill_random)) {}

std::string Gateway::serve(const Snapshot& state) {
  if (state.id().revision == 0) return {};  // nothing is there to serve from
  const CompileResult compiled = compile(state, table_.get());
  if (compiled.table == nullptr) return compiled.errors.front().message;
  table_ = compiled.table;
  return {};
}

void Gateway::restart() {
  table_.reset();
  ejections_ = Ejections();
  shunned_.clear();
  memos_.clear();
}

std::set<std::string> Gateway::shunned() const {
  std::set<std::string> all = shunned_;
  all.insert(unreachable_.begin(), unreachable_.end());
  return all;
}

Answer Gateway::ask(const Request& request, int64_t true_s) { return run(request, true_s, true); }

Answer Gateway::consult(const Request& request, int64_t true_s) {
  return run(request, true_s, false);
}

// As Exchange does it, with endpoints that answer or refuse at once. `alone`: what this node sees
// counts.
Answer Gateway::run(const Request& request, int64_t true_s, bool alone) {
  Answer answer;
  if (table_ == nullptr) return answer;
  const auto port = table_->ports.find(kListenerPort);
  if (port == table_->ports.end()) return answer;
  thread_local http::RequestHead head;
  head.field_count = 0;
  fill_head(request, head);
  const Match found = match(*port->second, {head.authority, head.path, "", head.method});
  if (found.rule == nullptr) return answer;
  answer.routed = true;

  static const SocketAddress kPeer = *SocketAddress::parse("192.0.2.1", 4711);
  const http::Requester requester{head, kPeer, "192.0.2.1", port->second->settings->forwarding};
  Ejections none;
  Ejections& ejections = alone ? ejections_ : none;
  std::unique_ptr<TokenMemo> no_memo;
  std::unique_ptr<TokenMemo>& memo = alone ? memos_[request.client] : no_memo;
  const int64_t now_s = clock_s(true_s);
  const int64_t now_ms = true_s * 1000;
  Pick pick;
  if (pick.start(*table_, *found.rule, requester, codec_, memo, now_s)) return answer;
  while (const SocketAddress* address = pick.next(ejections, now_ms)) {
    const std::string text = address->to_string();
    if (alone && unreachable_.contains(text)) {
      ejections.note_failure(*address, Ejections::Failure::kRefused, now_ms);
      shunned_.insert(text);
      answer.failed.push_back(text);
      continue;
    }
    if (alone) {
      ejections.note_answer(*address);
      shunned_.erase(text);
    }
    answer.address = text;
    const std::string cookie = pick.set_cookie(codec_, now_s, false);
    const size_t equals = cookie.find('=');
    if (equals != std::string::npos) {
      answer.cookie = cookie.substr(0, equals);
      answer.token = cookie.substr(equals + 1, cookie.find(';') - equals - 1);
    }
    return answer;
  }
  return answer;
}

}  // namespace limpet::simulation
