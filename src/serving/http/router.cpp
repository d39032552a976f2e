#include "http/router.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "http/text.hpp"

namespace vidi::http {
namespace {

struct Route {
  std::string method;
  Handler handler;
  RouteOptions options;
};

// Takes the next segment off the front of "/a/b": "a", then "b".
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string allowed_methods(const std::vector<Route>& routes) {
  std::vector<std::string_view> methods{"OPTIONS"};
  for (const Route& route : routes) {
    methods.push_back(route.method);
    if (route.method == "GET") methods.push_back("HEAD");
  }
  std::sort(methods.begin(), methods.end());
  methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
  return fmt::format("{}", fmt::join(methods, ", "));
}

}  // namespace

struct Router::Node {
  struct Literal {
    std::string name;
    bool ignore_case = false;
    std::unique_ptr<Node> node;
  };
  std::vector<Literal> literals;
  std::string parameter;
  std::unique_ptr<Node> any;  // what the parameter leads to
  std::vector<Route> routes;
  std::string whole;  // the pattern as it was added
  std::string allow;

  Node& child(std::string_view segment, std::string_view pattern, bool ignore_case) {
    if (is_parameter(segment)) {
      const std::string_view name = segment.substr(1, segment.size() - 2);
      if (any && parameter != name) {
        throw std::invalid_argument(
            fmt::format("The route {} names a parameter {}, another route {}.", pattern, name, parameter));
      }
      parameter = name;
      if (!any) any = std::make_unique<Node>();
      return *any;
    }
    for (Literal& literal : literals) {
      if (literal.name == segment && literal.ignore_case == ignore_case) return *literal.node;
    }
    literals.push_back({std::string(segment), ignore_case, std::make_unique<Node>()});
    return *literals.back().node;
  }

  // The node of a path that has routes; adds the parameters on the way to it.
  const Node* find(std::string_view path, Match& match) const {
    if (path.empty()) return routes.empty() ? nullptr : this;
    const std::string_view segment = take_segment(path);
    for (const Literal& literal : literals) {
      if (literal.ignore_case ? !equal_ignoring_case(literal.name, segment) : literal.name != segment) continue;
      if (const Node* const found = literal.node->find(path, match)) return found;
    }
    if (!any || segment.empty()) return nullptr;
    match.parameters.emplace_back(parameter, segment);
    if (const Node* const found = any->find(path, match)) return found;
    match.parameters.pop_back();
    return nullptr;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options) {
  if (!is_token(method) || method == "HEAD" || !pattern.starts_with('/')) {
    throw std::invalid_argument(fmt::format("The route {} {} makes no sense.", method, pattern));
  }
  Node* node = root_.get();
  std::string_view rest = pattern;
  while (!rest.empty()) node = &node->child(take_segment(rest), pattern, options.ignore_case);
  for (const Route& route : node->routes) {
    if (route.method == method) {
      throw std::invalid_argument(fmt::format("The route {} {} is there already.", method, pattern));
    }
  }
  node->routes.push_back(Route{std::string(method), std::move(handler), options});
  node->whole = pattern;
  node->allow = allowed_methods(node->routes);
  routes_.emplace_back(method, pattern);
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  const Node* const node = root_->find(path, match);
  if (node == nullptr) return match;
  match.pattern = node->whole;
  for (const Route& route : node->routes) {
    if (route.method != method) continue;
    match.handler = &route.handler;
    match.priority = route.options.priority;
    match.pack = route.options.pack;
    return match;
  }
  match.allow = node->allow;
  return match;
}

}  // namespace vidi::http
