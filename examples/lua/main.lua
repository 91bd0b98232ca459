-- A program with one feature that a license turns on.
-- Usage: luajit main.lua [KEY | --deactivate]
local polar_license = require("polar_license")

-- In Polar, the organization's id is in Settings, General, and the feature's id is the id of the license key benefit.
local SETTINGS = [[{
  "organizationId": "de300000-0000-4000-8000-000000000001",
  "appId": "com.acme.app",
  "environment": "%s",
  "features": { "export": ["de300000-0000-4000-8000-0000000000b1"] }
}]]

local ok, failure = pcall(function()
  -- POLAR is for tests: a release sets no environment
  local license = polar_license.open(SETTINGS:format(os.getenv("POLAR") or "production"))
  local argument = arg[1]
  if argument == "--deactivate" then
    print(license:deactivate() == "released" and "the seat is free" or "there was no seat")
    return
  end
  license:refresh() -- returns at once if the last confirmation is fresh
  -- Activates only if the feature is off. With a license, the program works while Polar is down.
  if argument and not license:allows("export") then license:activate(argument) end
  if license:allows("export") then
    print("exporting")
  else
    io.stderr:write(license:explain("export"), "\n") -- no license, or one for another plan
  end
end)
if not ok then
  io.stderr:write(failure.message or failure, "\n")
  os.exit(1)
end
