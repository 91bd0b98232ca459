// `node requests.mjs URL` prints how many requests a server has received: the local Polar, or the server of the peers.

const response = await fetch(`${process.argv[2]}/_mock/requests`);
console.log((await response.json()).length);
