#include "work.h"

#include "office/queue.h"
#include "planted_text.h"

namespace sim {
namespace {

using domain::Field;
using domain::FieldWrite;
using domain::ObjectKind;
using domain::Row;

constexpr unsigned kFailPermille = 15;     // of acts
constexpr unsigned kImportPermille = 40;   // of the office's acts
constexpr unsigned kSignedPermille = 500;  // of completions where no rule asks for a signature
constexpr std::size_t kImportTasks = 60;
constexpr std::size_t kImportLetters = 14'000;

FieldWrite write(const Row& row, Field field, domain::Value value) {
    return {field, std::move(value), row.liveIds(field)};
}

}  // namespace

/// Random letters: they do not compress well, so that big texts stay big.
std::string Work::text(std::size_t letters) {
    Bytes noise(letters / 2);
    m_world.random.fill(noise);
    return std::string(kPlantedText) + " " + base::toHex(noise);
}

std::vector<Work::Assigned> Work::assignments(ClientNode& client) {
    std::vector<Assigned> out;
    must(client.replica().eachRow([&](const base::ScopeId& scope, Row row) -> base::Result<bool> {
        if (row.conflicts() > 0) m_world.counters.add(Count::ConflictsSeen);
        if (row.kind() == ObjectKind::Assignment) out.push_back({scope, std::move(row)});
        return true;
    }),
         client.name() + " lists its rows");
    return out;
}

bool Work::append(ClientNode& client, const std::vector<replica::Act>& acts, replica::Cost cost) {
    if (m_world.random.chance(kFailPermille) && !client.store().isFull()) {
        for (auto& c : m_world.connections) {
            if (c->client == &client && c->isClientOpen) return false;  // one fault at a time
        }
        bool isLost = m_world.random.chance(500);
        m_world.counters.add(isLost ? Count::ClientCommitsLost : Count::ClientCommitsKept);
        m_world.story.tell(client.name() + " saves, and the commit fails (" +
                           (isLost ? "lost)" : "kept)"));
        client.appendFailing(acts, isLost ? store::FailedCommit::Lost : store::FailedCommit::Kept);
        return false;
    }
    return client.append(acts, cost, m_world.counters);
}

void Work::giveTasks(std::size_t tasks, std::size_t letters, replica::Cost cost) {
    const replica::Replica& office = m_world.office().replica();
    std::vector<replica::Act> acts;
    std::string key = "tài liệu " + std::to_string(++m_documents);
    base::ObjectId document = domain::documentIdOf(key);
    for (std::size_t i = 0; i < tasks; ++i) {
        std::string content = text(letters) + " " + std::to_string(i);
        base::ObjectId task = domain::taskIdOf(key, content, 0);
        std::uint64_t spared = m_world.random.below(m_province.communes().size() + 1);
        for (std::size_t unit = 0; unit < m_province.communes().size(); ++unit) {
            base::ScopeId scope = m_province.scopeOf(m_province.communes()[unit]);
            if (unit == spared && tasks == 1) continue;
            if (cost == replica::Cost::Bulk && unit != i % m_province.communes().size()) continue;
            if (office.keys().find(scope, 1) == nullptr) continue;
            replica::Act act{scope, {}};
            act.changes.push_back(
                domain::Written{ObjectKind::Document, document, {{Field::DocumentKey, key, {}}}});
            act.changes.push_back(
                domain::Written{ObjectKind::Task, task, {{Field::TaskContent, content, {}}}});
            act.changes.push_back(domain::Written{ObjectKind::Assignment,
                                                  domain::assignmentIdOf(task, scope),
                                                  {{Field::AssignmentTask, std::vector{task}, {}},
                                                   {Field::Status, std::int64_t{1}, {}}}});
            acts.push_back(std::move(act));
        }
    }
    if (acts.empty()) return;
    if (append(m_world.office(), acts, cost)) {
        m_world.story.tell("the office gives tasks in " + std::to_string(acts.size()) + " entries");
    }
}

void Work::changeDeadline() {
    auto all = assignments(m_world.office());
    if (all.empty()) return;
    const Assigned& one = all[m_world.random.below(all.size())];
    std::int64_t day = 20'400 + static_cast<std::int64_t>(m_world.random.below(60));
    FieldWrite field = m_world.random.chance(500) ? write(one.row, Field::AssignmentDeadline, day)
                                                  : report(one.row);
    replica::Act act{one.scope, {domain::Written{ObjectKind::Assignment, one.row.id(), {field}}}};
    if (append(m_world.office(), {act}, replica::Cost::Small)) {
        m_world.story.tell("the office changes assignment " + brief(one.row.id()));
    }
}

bool Work::decide() {
    ClientNode& office = m_world.office();
    auto items = must(office.replica().queue(), "the office sees its queue");
    std::erase_if(items, [](const replica::QueueItem& one) { return one.isHeldBack; });
    if (items.empty()) return false;
    const replica::QueueItem& item = items[m_world.random.below(items.size())];
    const bool adopts = office::reasonNotAdoptable(item).empty() && m_world.random.chance(700);
    const replica::Act act = adopts
                                 ? office::decisionOf(item, domain::Verdict::Adopted, {})
                                 : office::decisionOf(item, domain::Verdict::Refused, "không nhận");
    if (!append(office, {act}, replica::Cost::Small)) return false;
    m_world.counters.add(adopts ? Count::EntriesAdopted : Count::EntriesRefused);
    m_world.story.tell(std::string("the office ") + (adopts ? "adopts " : "refuses ") +
                       brief(item.what.act) + " of device " + brief(item.what.device));
    return true;
}

void Work::actOfOffice() {
    if (decide()) return;
    if (m_world.random.chance(kImportPermille)) {
        giveTasks(kImportTasks, kImportLetters, replica::Cost::Bulk);
    } else if (m_world.random.chance(400)) {
        giveTasks(1, 60, replica::Cost::Small);
    } else {
        changeDeadline();
    }
}

FieldWrite Work::report(const Row& row) {
    switch (m_world.random.below(3)) {
        case 0:
            return write(row, Field::Status,
                         static_cast<std::int64_t>(2 + m_world.random.below(6)));
        case 1:
            return write(row, Field::CompletedOn,
                         static_cast<std::int64_t>(20'370 + m_world.random.below(30)));
        default:
            return write(row, Field::Result, text(20 + m_world.random.below(200)));
    }
}

/// A completion as its officer signs it, where a rule asks for that and often where none does.
domain::Change Work::stated(ClientNode& client, const base::ScopeId& scope,
                            domain::Written written) {
    const domain::Directory& directory = client.replica().directory().directory();
    if (!domain::reportsCompletion(written)) return written;
    if (!directory.requiresStatements(directory.size()) && !m_world.random.chance(kSignedPermille))
        return written;
    m_world.counters.add(Count::CompletionsSigned);
    const auto& key = client.replica().identity().officerKeys.front().publicKey;
    return must(client.replica().state(scope, std::move(written), key),
                client.name() + " signs a completion");
}

void Work::actOfCommune(ClientNode& client) {
    const base::ScopeId own = m_province.scopeOf(client.unit());
    if (client.replica().ownUnit() != nullptr && client.replica().keys().find(own, 1) == nullptr) {
        replica::Act early{
            own, {domain::Noted{ObjectKind::Task, {}, domain::NoteKind::Comment, "chờ khóa"}}};
        must(!client.append(std::span(&early, 1), replica::Cost::Small, m_world.counters),
             "8: " + client.name() + " writes without its unit's key");
        return;
    }
    auto all = assignments(client);
    if (all.empty()) return;
    const Assigned& one =
        all[m_world.random.below(std::min<std::size_t>(all.size(), 4))];  // the same few
    replica::Act act{one.scope, {}};
    if (m_world.random.chance(250)) {
        act.changes.push_back(domain::Noted{ObjectKind::Assignment, one.row.id(),
                                            domain::NoteKind::Progress, text(80)});
        append(client, {act}, replica::Cost::Small);
        return;
    }
    FieldWrite field = report(one.row);
    act.changes.push_back(
        stated(client, one.scope, {ObjectKind::Assignment, one.row.id(), {field}}));
    const domain::FieldState* before = one.row.field(field.field);
    if (before != nullptr && before->live.size() > 1)
        m_world.counters.add(Count::ConflictsResolved);
    if (!append(client, {act}, replica::Cost::Small)) return;
    m_world.story.tell(client.name() + " writes " + std::string(domain::infoOf(field.field)->name) +
                       " of assignment " + brief(one.row.id()));
    auto row = must(client.replica().row({one.scope, ObjectKind::Assignment, one.row.id()}),
                    "the row is shown");
    const domain::Value* shown = row ? row->shown(field.field) : nullptr;
    must(shown != nullptr && *shown == field.value,
         "merge: " + client.name() + " does not show what was just written there");
    const domain::FieldState* after = row->field(field.field);
    must(after->live.size() == 1,
         "merge: " + client.name() + " sees a conflict where all live values were replaced");
}

}  // namespace sim
