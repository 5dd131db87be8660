#include "story.h"

#include <cstdio>

#include "base/time.h"

namespace sim {
namespace {

constexpr std::size_t kEventsKept = 30;

}  // namespace

void Story::tell(const std::string& event) {
    std::string line = base::toIsoTime(m_time) + "  " + event;
    mix(base::view(line));
    if (m_print == Print::Yes) std::printf("%s\n", line.c_str());
    m_events.push_back(std::move(line));
    if (m_events.size() > kEventsKept) m_events.pop_front();
}

void Story::mix(base::ByteView bytes) {
    m_hash = crypto::hash("ts-sim", {m_hash.view(), bytes});
}

void violated(const std::string& what) {
    throw Violation{what};
}

}  // namespace sim
