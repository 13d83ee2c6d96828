#include "tests/simulation/traffic.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

constexpr int kClients = 24;
constexpr size_t kWalkers = 3;
constexpr size_t kTokenHeadChars = 12;  // version, key and node: who alters these asks for a key
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

Traffic::Traffic(Cluster& cluster, Tally& tally, Cluster::Say say)
    : cluster_(cluster),
      tally_(tally),
      say_(std::move(say)),
      ranking_(tally.spread),
      clients_(kClients) {
  for (int i = 0; i < kClients; ++i) {
    clients_[static_cast<size_t>(i)].keeps_cookies = i % 8 != 7;
  }
}

void Traffic::fail(Invariant invariant, std::string text) {
  if (!problem_) problem_ = Problem{invariant, std::move(text)};
}

void Traffic::step() {
  // Where there are many places to go to, a few go to all of them.
  const bool walks = cluster_.has_many_rules() && draw(4) != 0;
  const size_t number = draw(walks ? kWalkers : clients_.size());
  Client& client = clients_[number];
  if (draw(150) == 0) {
    client.jar.clear();
    client.homes.clear();
  }
  const size_t parallel = draw(6) == 0 ? 2 + draw(2) : 1;
  // All of them begin before any is answered.
  std::vector<Sent> sent;
  for (size_t i = 0; i < parallel; ++i) sent.push_back(compose(number, walks));
  std::vector<Reply> replies;
  for (const Sent& request : sent) {
    if (auto reply = serve(request, draw(cluster_.size()))) replies.push_back(*std::move(reply));
    if (problem_) return;
  }
  for (size_t i = replies.size(); i > 1; --i) std::swap(replies[i - 1], replies[draw(i)]);
  std::map<std::string, int> set;
  for (const Reply& reply : replies) set[reply.cookie] += reply.token.empty() ? 0 : 1;
  for (const Reply& reply : replies) {
    if (client.keeps_cookies) receive(client, reply, parallel > 1 && set[reply.cookie] > 0);
  }
}

// A request as the client would send it, now and then with a cookie that it has not been given.
Traffic::Sent Traffic::compose(size_t number, bool walks) {
  static const std::string kPaths[] = {"/a", "/b", "/split", "/own"};
  const Client& client = clients_[number];
  Sent sent;
  sent.request.client = static_cast<int>(number);
  sent.request.path = kPaths[draw(4)];
  if (walks && draw(4) != 0) sent.request.path = str_cat("/p", draw(kSingleRules));
  for (const auto& [cookie, token] : client.jar) sent.texts[cookie].push_back(token);
  if (draw(20) == 0) forge(client, sent);
  std::string& cookies = sent.request.cookies;
  if (draw(4) == 0) cookies = "theme=dark";
  for (const auto& [cookie, texts] : sent.texts) {
    for (const std::string& text : texts) {
      cookies += str_cat(cookies.empty() ? "" : "; ", cookie, "=", text);
    }
  }
  return sent;
}

void Traffic::forge(const Client& client, Sent& sent) {
  sent.forged = true;
  std::vector<std::string>& texts = sent.texts["sid"];
  switch (draw(4)) {
    case 0:
      texts.assign(1, "nonsense");
      return;
    case 1: {
      if (texts.empty()) return;
      // The last character may have bits that mean nothing.
      std::string& text = texts.front();
      Session altered = *tokens_.at(text);
      char& at = text[kTokenHeadChars + draw(text.size() - kTokenHeadChars - 1)];
      const size_t place = std::string_view(kBase64).find(at);
      at = kBase64[(place + 1 + draw(63)) % 64];
      altered.cookie.clear();  // it is sealed for none
      tokens_[text] = std::make_shared<const Session>(std::move(altered));
      return;
    }
    case 2:
      if (!texts.empty()) sent.texts["sid2"] = texts;
      return;
    default: {
      const auto old = client.old.find("sid");
      if (old == client.old.end()) return;
      texts.insert(draw(2) == 0 ? texts.begin() : texts.end(), old->second);
    }
  }
}

void Traffic::receive(Client& client, const Reply& reply, bool raced) {
  if (reply.cookie.empty() || reply.served.empty()) return;
  if (reply.elsewhere) {
    ++tally_.others["served elsewhere by one node's view"];
    return;
  }
  for (auto& [path, home] : client.homes) {
    home.raced |= home.cookie == reply.cookie && (raced || reply.forged);
  }
  const auto known = client.homes.find(reply.path);
  const bool moves = known != client.homes.end() && known->second.identity != reply.served;
  if (reply.verdict.reason == Reason::kBehind) {
    if (moves) ++tally_.moves["behind"];
    return;
  }
  if (moves) {
    const std::string reason = reason_to_move(client, known->second, reply);
    if (reason.empty()) {
      return fail(kReasoned,
                  str_cat("client ", &client - clients_.data(), " was at ", known->second.identity,
                          " on ", reply.path, ", and is now at ", reply.served, " for no reason (",
                          to_string(reply.verdict.reason), ")"));
    }
    ++tally_.moves[reason];
  }
  uint64_t session = reply.verdict.session == nullptr ? 0 : reply.verdict.session->id;
  if (!reply.token.empty()) {
    session = tokens_.at(reply.token)->id;
    std::string& kept = client.jar[reply.cookie];
    if (!kept.empty() && tokens_.at(kept)->id != session) {
      client.renewed[reply.cookie] =
          raced ? "lost race" : std::string(to_string(reply.verdict.reason));
    }
    client.old[reply.cookie] = std::exchange(kept, reply.token);
  } else if (!stays(reply.verdict)) {
    client.homes.erase(reply.path);  // its Service keeps no sessions
  }
  if (!reply.token.empty() || stays(reply.verdict)) {
    const Home home{reply.served, reply.scope, reply.cookie, session, raced || reply.forged};
    client.homes[reply.path] = home;
    // A place is one for all paths that lead there.
    for (auto& [path, other] : client.homes) {
      if (other.scope == home.scope && other.cookie == home.cookie) other = home;
    }
  }
}

std::string Traffic::reason_to_move(const Client& client, const Home& home, const Reply& reply) {
  const Verdict& verdict = reply.verdict;
  switch (verdict.reason) {
    case Reason::kGone:
    case Reason::kUnavailable:
    case Reason::kReturn:
    case Reason::kExpired:
    case Reason::kIdle:
    case Reason::kEvicted:
    case Reason::kDrained:
    case Reason::kKeyLost:
    case Reason::kTampered:
      return std::string(to_string(verdict.reason));
    default:
      break;
  }
  if (home.scope != reply.scope || home.cookie != reply.cookie) return "scope changed";
  if (verdict.session != nullptr && verdict.session->dropped.contains(reply.scope)) {
    return "binding dropped";
  }
  if (home.raced) return "lost race";
  const auto renewed = client.renewed.find(reply.cookie);
  const bool other = verdict.session != nullptr && verdict.session->id != home.session;
  if (other && renewed != client.renewed.end()) return renewed->second;
  return reply.forged ? "lost race" : "";
}

}  // namespace limpet::simulation
