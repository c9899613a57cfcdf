// The C++ standard library: containers, algorithms, streams, virtual calls,
// static constructors and destructors. No exceptions.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

struct Announcer {
    explicit Announcer(const char *what) : what(what) { std::printf("constructed %s\n", what); }
    ~Announcer() { std::printf("destroyed %s\n", what); }
    const char *what;
};

Announcer announcer("before main");

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};

struct Circle final : Shape {
    explicit Circle(double r) : r(r) {}
    double area() const override { return 3.141592653589793 * r * r; }
    std::string name() const override { return "circle"; }
    double r;
};

struct Box final : Shape {
    Box(double w, double h) : w(w), h(h) {}
    double area() const override { return w * h; }
    double w, h;
};

template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};

void containers() {
    std::map<std::string, std::vector<int>> ordered;
    std::unordered_map<int, std::string> hashed;
    for (int i = 0; i < 1000; i++) {
        ordered["key" + std::to_string(i % 7)].push_back(i);
        hashed.emplace(i * 7919, std::to_string(i));
    }
    for (const auto &[key, values] : ordered) {
        std::cout << key << ": " << values.size() << " values, sum "
                  << std::accumulate(values.begin(), values.end(), 0) << '\n';
    }
    std::cout << "hashed " << hashed.size() << ", 7919*500 -> " << hashed.at(7919 * 500) << '\n';
    std::set<std::string> words;
    std::istringstream text("the quick brown fox jumps over the lazy dog");
    for (std::string word; text >> word;) {
        words.insert(word);
    }
    for (const auto &word : words) {
        std::cout << word << ' ';
    }
    std::cout << '\n';
}

void algorithms() {
    std::vector<int> numbers(10000);
    unsigned state = 1;
    for (int &n : numbers) {
        state = state * 1664525u + 1013904223u;
        n = static_cast<int>(state >> 8);
    }
    auto stable = numbers;
    std::sort(numbers.begin(), numbers.end());
    std::stable_sort(stable.begin(), stable.end(), std::greater<>());
    std::reverse(stable.begin(), stable.end());
    std::cout << std::boolalpha << "sorted alike " << (numbers == stable) << ", median " << numbers[5000] << '\n';
    std::nth_element(stable.begin(), stable.begin() + 100, stable.end());
    auto evens = std::count_if(numbers.begin(), numbers.end(), [](int n) { return n % 2 == 0; });
    std::cout << "hundredth " << stable[100] << ", even " << evens << '\n';
    std::function<int(int)> fibonacci = [&](int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); };
    std::cout << "fibonacci " << fibonacci(24) << '\n';
}

void objects() {
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 1; i <= 4; i++) {
        if (i % 2) {
            shapes.push_back(std::make_unique<Circle>(i));
        } else {
            shapes.push_back(std::make_unique<Box>(i, i + 0.5));
        }
    }
    for (const auto &shape : shapes) {
        std::cout << std::setw(8) << shape->name() << std::fixed << std::setprecision(3) << std::setw(10)
                  << shape->area() << '\n';
    }
    std::vector<std::variant<int, std::string, double>> mixed{1, std::string("two"), 3.5};
    for (const auto &value : mixed) {
        std::visit(Overloaded{[](int i) { std::cout << "int " << i << '\n'; },
                              [](const std::string &s) { std::cout << "string " << s << '\n'; },
                              [](double d) { std::cout << "double " << d << '\n'; }},
                   value);
    }
    std::optional<std::string_view> none;
    std::cout << none.value_or("nothing") << std::hex << std::showbase << ' ' << 48879 << '\n';
}

}  // namespace

int main() {
    Announcer local("in main");
    containers();
    algorithms();
    objects();
    std::cout.flush();
    return 7;
}
