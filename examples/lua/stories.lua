-- The stories that every app should test, each with a local Polar: `npx polar-license-mock` or `polar-license
-- serve`.
-- Usage: POLAR=http://127.0.0.1:8787 luajit stories.lua
local polar_license = require("polar_license")

local POLAR = os.getenv("POLAR")
local SETTINGS = [[{
  "organizationId": "de300000-0000-4000-8000-000000000001",
  "appId": "com.acme.app",
  "environment": "%s",
  "features": { "export": ["de300000-0000-4000-8000-0000000000b1"] }
}]]

-- Sends a command to the local Polar.
local function steer(method, path, body)
  local command = "curl --silent --show-error --fail --output /dev/null --request %s --data '%s' '%s/_mock%s'"
  assert(os.execute(command:format(method, body, POLAR, path)) == 0, "set POLAR to the address of a local Polar")
end

-- Runs a story with a new user's license and a local Polar in its first state.
local function story(name, tell)
  steer("POST", "/reset", "")
  local directory = os.tmpname()
  os.remove(directory) -- the library creates the folder
  tell(polar_license.open(SETTINGS:format(POLAR), directory))
  print("ok: " .. name)
end

story("without a license the gate is closed", function(license)
  local now = license:current()
  assert(not license:allows("export") and not now.allowed and now.next_step == "enter_key", now.message)
end)

story("a key opens the gate until its seat is released", function(license)
  local states = {}
  license:on_change(function(now) states[#states + 1] = now.state end)
  local accepted, why = pcall(license.activate, license, "MISTYPED")
  assert(not accepted and why.kind == "refused" and why.message ~= "")
  license:activate("DEMO-ONE-DEVICE")
  assert(license:allows("export"))
  assert(license:deactivate() == "released" and not license:allows("export"))
  assert(table.concat(states, " ") == "active unlicensed", table.concat(states, " "))
end)

story("without a network the gate stays open", function(license)
  license:activate("DEMO-PLAIN")
  steer("POST", "/faults", '{"fault": "drop_connection"}')
  assert(license:validate().allowed and license:allows("export"))
end)

story("a revoked key closes the gate", function(license)
  license:activate("DEMO-PLAIN")
  steer("PATCH", "/keys/DEMO-PLAIN", '{"status": "revoked"}')
  assert(license:validate().reason == "inactive" and not license:allows("export"))
end)

story("a license of another plan is explained", function(license)
  license:activate("DEMO-BASIC")
  assert(not license:allows("export") and license:explain("export"):find("does not include"))
end)
