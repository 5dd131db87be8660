#pragma once
// How the province comes to be, and the office's duties: units, keys, invitations, grants; a
// commune's device enrols.

#include "domain/invitation.h"
#include "world.h"

namespace sim {

inline constexpr std::string_view kProvinceCode = "T";

class Province {
public:
    /// Founds the province and describes its communes; the office has synchronised.
    Province(World& world, unsigned communes);

    base::ScopeId scopeOf(std::string_view unit) const { return domain::scopeIdOf(m_id, unit); }
    const std::vector<std::string>& communes() const { return m_communes; }

    /// Invites a device of the unit; the code is carried to it by hand.
    domain::InvitationSecret invite(const std::string& unit, base::TimeMs validForMs);
    /// The device's half: a replica with fresh keys and the enrolment pending in it.
    void enrol(ClientNode& client, const domain::InvitationSecret& secret);
    /// The office revokes a device and changes its keys. False: later, when the office has heard of
    /// the device and the server of all that the office did.
    bool revoke(const ClientNode& client);
    /// The authority signs for new keys of the server, or for itself anew; not while another such
    /// change is on its way.
    void changeRoot();
    /// What a device that knows an invitation's secret says about itself.
    domain::DeviceEnrolled enrolment(const replica::Identity& identity,
                                     const domain::InvitationSecret& secret) const;
    replica::Identity newIdentity(base::Random& random) const;
    /// Keys for units without one, grants for devices without one. Does nothing if all is done or
    /// already pending.
    void doOfficeDuty();

private:
    void found();
    void addDuties(const domain::Directory& directory, std::vector<domain::Change>& out);

    World& m_world;
    base::ProvinceId m_id;
    std::vector<std::string> m_communes;
};

}  // namespace sim
