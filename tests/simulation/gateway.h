// The part of a node that decides where requests go, on its own clock and with its own sight of the
// endpoints. What is real here: the table, the match, the pick, the codec, the ejections.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "core/sticky/token.h"
#include "proxy/upstream/ejections.h"

namespace limpet::simulation {

struct Request {
  int client = 0;
  std::string path;
  std::string cookies;  // the Cookie field; empty: none
};

// What became of a request, as somebody outside sees it.
struct Answer {
  bool routed = false;              // a rule took it
  std::string address;              // who served; empty: nobody
  std::vector<std::string> failed;  // tried before, in order
  std::string cookie;               // that was set; empty: none
  std::string token;                // its value
};

class Gateway {
 public:
  Gateway(const std::string& id, int64_t skew_s, TokenCodec::FillRandom fill_random);

  // Errors of the compile, if there are any; then the table before stays.
  std::string serve(const Snapshot& state);
  void restart();

  // The request as it comes to this node.
  Answer ask(const Request& request, int64_t true_s);
  // What the node would do could it reach everything, without having tried anything yet.
  Answer consult(const Request& request, int64_t true_s);

  const RoutingTable* table() const { return table_.get(); }
  int64_t clock_s(int64_t true_s) const { return true_s + skew_s_; }
  TokenCodec& codec() { return codec_; }
  // Addresses that this node alone cannot reach.
  std::set<std::string>& unreachable() { return unreachable_; }
  // Addresses that requests may be kept from by what this node alone has seen.
  std::set<std::string> shunned() const;

 private:
  Answer run(const Request& request, int64_t true_s, bool alone);

  const int64_t skew_s_;
  TokenCodec codec_;
  std::shared_ptr<const RoutingTable> table_;
  std::set<std::string> unreachable_;
  Ejections ejections_;
  std::set<std::string> shunned_;                    // failed here, and have not answered since
  std::map<int, std::unique_ptr<TokenMemo>> memos_;  // by client: its connection
};

}  // namespace limpet::simulation
