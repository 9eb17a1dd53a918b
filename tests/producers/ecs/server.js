// A web server that writes its requests in the Elastic Common Schema, by Elastic's own library.
//
//     node server.js FILE    prints "ECS 127.0.0.1:4711"; ends with its standard input
'use strict'
const http = require('http')
const pino = require('pino')
const { ecsFormat } = require('@elastic/ecs-pino-format')

const log = pino(ecsFormat({ convertReqRes: true }), pino.destination({ dest: process.argv[2], sync: true }))

function userOf (request) {
  const found = /^Basic (\S+)$/.exec(request.headers.authorization || '')
  return found ? Buffer.from(found[1], 'base64').toString().split(':')[0] : undefined
}

const limits = { headersTimeout: 1000, requestTimeout: 2000, connectionsCheckingInterval: 300, keepAliveTimeout: 1 }
const server = http.createServer(limits, (request, response) => {
  request.resume()
  request.id = request.headers['x-request-id']
  const members = { req: request, res: response, user: { name: userOf(request) } }
  response.shouldKeepAlive = false
  response.setHeader('Set-Cookie', 'sid=0123456789; HttpOnly')
  if (request.url.startsWith('/down')) {
    response.statusCode = 502
    members.err = new Error(`nobody answers for ${request.url}`)
  }
  response.end('fine\n', () => log.info(members, 'request was answered'))
})
server.listen(0, '127.0.0.1', () => console.log(`ECS 127.0.0.1:${server.address().port}`))
process.stdin.on('end', () => process.exit(0)).resume()
